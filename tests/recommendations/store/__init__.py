"""Tests of recommendations/store."""
