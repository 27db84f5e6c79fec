"""Tests of previews/store."""
