"""Rows of a file, and the file of those that were refused."""

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Protocol, Self


class Row(NamedTuple):
    """A row: its first line number in the file, and a field for each column; None where the row does not have one."""

    line: int
    fields: Sequence[str | None]


Reject = Callable[[Row, str], None]
"""Takes a refused row and the reason."""


class Table(Protocol):
    """A file's columns and rows, which can be read several times."""

    @property
    def header(self) -> Sequence[str]:
        """The names of the columns, as in the file."""

    @property
    def form(self) -> str:
        """What the file was understood as, such as `separated by semicolons, windows-1251`."""

    @property
    def size(self) -> int:
        """The size of the stored file in bytes."""

    @property
    def position(self) -> int:
        """How many of these bytes have been read, for a progress bar."""

    def rows(self, reject: Reject) -> Iterator[Row]:
        """All rows from the first on; malformed ones go to `reject`.

        Raises TruncatedFile after the rows before the damage.
        """


class RejectsFile:
    """A CSV of refused rows with their lines and reasons, created with the first of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        # The rejects of an earlier import are out of date.
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, row: Row, reason: str) -> None:
        """Write a refused row."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
            csv.writer(self._file).writerow(["line", "reason", "row"])
        self.count += 1
        csv.writer(self._file).writerow([row.line, reason, *row.fields])
