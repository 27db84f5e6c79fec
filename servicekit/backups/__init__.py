"""Backups: what a service keeps, in one file, and back."""
