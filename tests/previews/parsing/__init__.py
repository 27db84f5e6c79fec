"""Tests of previews/parsing."""
