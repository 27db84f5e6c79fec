"""Serving: from a history to a list."""
