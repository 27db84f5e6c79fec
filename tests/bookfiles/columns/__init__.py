"""Tests of the columns of files."""
