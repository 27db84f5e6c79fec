"""Tests of recommendations/evaluation/baselines."""
