"""Tests of the terms and rules."""
