"""Importing books from files, and editing them in forms."""
