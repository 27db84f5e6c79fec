"""Tests of the generated shops."""
