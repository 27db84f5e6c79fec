"""Tests of recommendations/workers."""
