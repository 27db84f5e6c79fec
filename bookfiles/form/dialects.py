"""Finds how a table of text separates and escapes its fields."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from bookfiles.form.packing import READ_ERRORS

NAMES = {"\t": "tabs", ";": "semicolons", "|": "vertical bars", ",": "commas"}
"""The delimiters, those first that are rare in text: where all else is equal, the first is meant."""
_SAMPLE_LINES = 60
_SAMPLE_CHARACTERS = 20_000
_EXCEL = re.compile(r'\ufeff?"?sep=([^\w\s"\\]|\t)"?\s*', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_BACKSLASH = "\\"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How fields are separated, and what has a backslash before a quote: nothing, or an escaped quote (MySQL)."""

    delimiter: str
    is_escaped: bool
    is_named: bool
    """Whether the first line is Excel's `sep=;`."""

    @property
    def options(self) -> dict[str, Any]:
        """For the csv module, to which a backslash is data unless it is named; doubled quotes it always knows."""
        escape = _BACKSLASH if self.is_escaped else None
        return {"delimiter": self.delimiter, "escapechar": escape, "skipinitialspace": True, "strict": True}

    def read(self, lines: Iterator[str]) -> Any:
        """A reader of the csv module."""
        if self.is_escaped:
            # MySQL's sign for no value would become the letter.
            edge = rf"\r\n{re.escape(self.delimiter)}"
            null = re.compile(rf"(?<![^{edge}])\\N(?![^{edge}])")
            lines = (null.sub("", line) for line in lines)
        return csv.reader(lines, **self.options)

    def read_again(self, line: str) -> list[str] | None:
        """The fields of a malformed line if its backslashes mean the other thing; None if it remains malformed."""
        if _BACKSLASH not in line:
            return None
        other = Dialect(self.delimiter, is_escaped=not self.is_escaped, is_named=False)
        try:
            fields: list[str] = next(other.read(iter([line])))
        except (csv.Error, StopIteration):
            return None
        return fields


def dialect_of(file: IO[str]) -> Dialect:
    """Find the dialect in the first lines."""
    lines = list(_sample(file))
    if lines and (named := _EXCEL.fullmatch(lines[0])):
        return Dialect(named[1], is_escaped=_has_escapes(lines, named[1]), is_named=True)
    # The header rarely has other delimiters than its own.
    candidates = next(filter(None, map(_delimiters, lines)), [","])
    delimiter = max(candidates, key=lambda candidate: _regularity(lines, candidate))
    return Dialect(delimiter, is_escaped=_has_escapes(lines, delimiter), is_named=False)


def _sample(file: IO[str]) -> Iterator[str]:
    length = 0
    for _ in range(_SAMPLE_LINES):
        try:
            line = file.readline(_SAMPLE_CHARACTERS)
        except READ_ERRORS:
            return  # the rows before that are read
        if line:
            yield line
        length += len(line)
        if not line or length >= _SAMPLE_CHARACTERS:
            return


def _delimiters(line: str) -> list[str]:
    unquoted = _QUOTED.sub("", line)
    return [delimiter for delimiter in NAMES if delimiter in unquoted]


def _regularity(lines: Sequence[str], delimiter: str) -> tuple[int, int]:
    """How many rows have the most usual number of fields, and that number."""
    reader = csv.reader((line.replace("\0", "") for line in lines), delimiter=delimiter, skipinitialspace=True)
    widths: Counter[int] = Counter()
    while True:
        try:
            widths[len(next(reader))] += 1
        except csv.Error:
            continue
        except StopIteration:
            break
    several = [(count, width) for width, count in widths.items() if width > 1]
    return max(several, default=(0, 0))


def _has_escapes(lines: Sequence[str], delimiter: str) -> bool:
    """Whether there are quotes after backslashes that cannot end a field."""
    escaped = re.compile(rf'\\"(?![\r\n"{re.escape(delimiter)}]|$)')
    return any(map(escaped.search, lines))
