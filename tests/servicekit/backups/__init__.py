"""Tests of servicekit.backups."""
