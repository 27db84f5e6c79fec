"""Tests of previews/fetching."""
