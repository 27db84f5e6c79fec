"""Inputs collected in the field, in the folder `field-cases` beside the one that BOOK_DATA names."""

import csv
import os
from pathlib import Path

import pytest


def field_case(name: str) -> Path:
    """One file; skips the test, by the file's name, if there is no such file."""
    path = Path(os.environ.get("BOOK_DATA", "/nonexistent")).parent / "field-cases" / name
    if not path.is_file():
        pytest.skip(f"needs field-cases/{name} beside BOOK_DATA")
    return path


def field_cases(name: str) -> list[dict[str, str]]:
    """The rows of one file; skips the test, by the file's name, if there is no such file."""
    with field_case(name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
