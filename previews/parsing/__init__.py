"""Reads previews from HTML, and pictures from files; what they are given is hostile."""
