"""Tests of recommendations/model."""
