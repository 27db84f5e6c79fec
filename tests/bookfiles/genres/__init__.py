"""Tests of the genre labels."""
