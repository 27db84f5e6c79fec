"""The lines of a text file, of which those of a malformed row can be read again."""

import csv
from collections import deque
from typing import IO, Self

MAX_ROW = 1024 * 1024
"""The longest row, and the longest line, in characters."""


class Lines:
    """The lines of a file, counted from `first`.

    A row beyond MAX_ROW raises csv.Error, so that no file takes more memory than a few such rows.
    """

    def __init__(self, file: IO[str], first: int = 1) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._length = 0
        self._read = first - 1
        self._may_read_again = MAX_ROW

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._next_line()
        self._row.append(line)
        self._read += 1
        self._length += len(line)
        if self._length > MAX_ROW:
            raise csv.Error(f"longer than {MAX_ROW:,} characters")
        return line

    def begin_row(self) -> int:
        """Begin a row; returns the number of its first line."""
        self._row.clear()
        self._length = 0
        return self._read + 1

    def keep_first(self) -> str:
        """Keep only the row's first line, and put the others back to be read again; all, if that was too often."""
        first, *others = self._row
        length = self._length - len(first)
        if length > self._may_read_again:
            return "".join(self._row).rstrip("\r\n")
        self._may_read_again -= length
        self._again.extendleft(reversed(others))
        self._read -= len(others)
        return first.rstrip("\r\n")

    def _next_line(self) -> str:
        line = self._file.readline(MAX_ROW + 1)
        if not line:
            raise StopIteration
        self._may_read_again += len(line)
        rest = line
        while len(rest) > MAX_ROW and rest[-1] not in "\r\n":
            rest = self._file.readline(MAX_ROW + 1)
        return line


def is_text(text: str) -> bool:
    """Whether it is text that databases store: without NUL and undecodable bytes."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
