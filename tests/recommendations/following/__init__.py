"""Tests of recommendations/following."""
