"""Damages databases."""

from pathlib import Path

PAGE = 4096


def zero_a_page(file: Path) -> bytes:
    """Zero a page in the middle of an SQLite file; returns its new content."""
    content = file.read_bytes()
    start = len(content) // (2 * PAGE) * PAGE
    damaged = content[:start] + bytes(PAGE) + content[start + PAGE :]
    file.write_bytes(damaged)
    return damaged
