"""Tests of the lists of books on pages."""
