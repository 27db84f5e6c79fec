"""Tests of recommendations/api."""
