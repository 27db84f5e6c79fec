"""Tests of recommendations/evaluation."""
