"""Tests of bookfiles."""
