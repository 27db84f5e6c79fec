"""Finds the header of a table."""

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from bookfiles.characters import stripped
from bookfiles.errors import InvalidFile
from bookfiles.form.lines import is_text

MAX_COLUMNS = 1_000
_MAX_TITLES = 5
"""Lines above a header, such as the name of a report."""


def header_of(path: Path, rows: Iterable[tuple[int, Sequence[str]]]) -> tuple[int, list[str]]:
    """The header among the first rows, which have their numbers, and its number.

    Titles above it, which have one field, are left out. Raises InvalidFile if there is none.
    """
    first: tuple[int, list[str]] | None = None
    for number, fields in islice(rows, _MAX_TITLES):
        names = [stripped(field).strip('"') for field in fields]
        filled = list(filter(None, names))
        if first is None:
            first = number, names
        if len(filled) > 1:
            if all(any(map(str.isalpha, name)) for name in filled):
                first = number, names
            break
    if first is None:
        raise InvalidFile(f"{path}: the file is empty")
    number, names = first
    if not is_text("".join(names)):
        raise InvalidFile(f"{path}: not a file of text")
    if len(names) > MAX_COLUMNS:
        raise InvalidFile(f"{path}: more than {MAX_COLUMNS:,} columns")
    return number, names
