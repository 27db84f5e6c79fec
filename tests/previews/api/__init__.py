"""Tests of previews/api."""
