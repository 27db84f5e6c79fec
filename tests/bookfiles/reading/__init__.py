"""Tests of reading whole files."""
