"""Tests of the form of files."""
