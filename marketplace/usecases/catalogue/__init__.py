"""Bringing books in and changing them, by files and forms."""
