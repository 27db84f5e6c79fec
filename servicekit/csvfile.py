"""Reads CSV files from booksellers: plain or gzipped, as a stream; bad rows are rejected and do not stop it."""

import csv
import gzip
import io
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

GZIP_MAGIC = b"\x1f\x8b"
_PIECE = 1024 * 1024


class NotSuchACsv(Exception):
    """The file as a whole is not a CSV of the form asked for; the message says why in one line."""


class EndsEarly(Exception):
    """The file broke off while it was being read; what came before was good."""


class RowRefused(Exception):
    """One row is not usable; the message is the reason, for the rejects file."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file (the first one, of a row that spans several) and its fields."""

    line: int
    fields: Sequence[str]


class CsvFile:
    """A context manager over one CSV file with a header.

    `position` and `size` are in bytes of the file as stored, for a progress bar. Raises NotSuchACsv on entry for
    a file that is absent, empty, binary or lacks a required column. `opened` is what stands under the name of
    `path` where that is no file of this machine; it can be read once.
    """

    def __init__(
        self, path: Path, *, required: Sequence[str], optional: Sequence[str], opened: IO[bytes] | None = None
    ) -> None:
        self.path = path
        self._opened = opened
        self.size = 0
        self.unknown_columns: tuple[str, ...] = ()
        self._required = required
        self._optional = optional
        self._header: list[str] = []

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            try:
                self._raw = self._opened or stack.enter_context(self.path.open("rb"))
                self.size = self._raw.seek(0, io.SEEK_END)
                self._raw.seek(0)
                self._lines = _Lines(_text(self._raw, stack))
                self._reader = csv.reader(self._lines, strict=True)
                self._read_header()
            except OSError as error:
                # gzip's BadGzipFile is an OSError without strerror.
                raise NotSuchACsv(f"{self.path}: {error.strerror or 'not a readable gzip file'}") from None
            except (EOFError, zlib.error):
                raise NotSuchACsv(f"{self.path}: not a readable gzip file") from None
            except csv.Error as error:
                raise NotSuchACsv(f"{self.path}: the header is not CSV: {error}") from None
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def position(self) -> int:
        """How many bytes of the stored file have been read."""
        return self._raw.tell()

    def column(self, name: str) -> int | None:
        """The index of a column in a row's fields; None where the file has no such column."""
        return self._header.index(name) if name in self._header else None

    def rows(self, refuse: Callable[[Row, str], None]) -> Iterator[Row]:
        """The rows in order, as many fields each as the header has; malformed ones go to `refuse` with a reason.

        A malformed row costs its first line only: a quote that is never closed must not swallow the rows after
        it. Raises EndsEarly where a gzip file is cut off or damaged.
        """
        while True:
            line = self._lines.begin_row()
            try:
                fields = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                refuse(Row(line, [self._lines.keep_first()]), f"not CSV: {error}")
                continue
            except (EOFError, OSError, zlib.error):
                raise EndsEarly(f"{self.path}: the file is damaged or cut off after line {line - 1}") from None
            if not fields:
                continue  # a blank line
            if len(fields) != len(self._header):
                refuse(
                    Row(line, [self._lines.keep_first()]),
                    f"{len(fields)} fields where the header has {len(self._header)}",
                )
            elif not _is_text(fields):
                refuse(Row(line, fields), "not UTF-8 text")
            else:
                yield Row(line, fields)

    def _read_header(self) -> None:
        header = next(self._reader, None)
        if header is None:
            raise NotSuchACsv(f"{self.path}: the file is empty")
        if not _is_text(header):
            raise NotSuchACsv(f"{self.path}: not a CSV file in UTF-8")
        self._header = [name.strip().lower() for name in header]
        missing = [name for name in self._required if name not in self._header]
        if missing:
            raise NotSuchACsv(
                f"{self.path}: no column {', '.join(missing)} in the header; "
                f"needed are {','.join(self._required)} and known are also {','.join(self._optional)}"
            )
        repeated = {name for name in self._header if self._header.count(name) > 1}
        if repeated:
            raise NotSuchACsv(f"{self.path}: the header names {', '.join(sorted(repeated))} twice")
        known = {*self._required, *self._optional}
        self.unknown_columns = tuple(name for name in self._header if name not in known)


class _Lines:
    """The lines of a file, counted; those of a row that went wrong can be read again."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._read = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._file)
        self._row.append(line)
        self._read += 1
        return line

    def begin_row(self) -> int:
        """A row begins; returns the number of its first line."""
        self._row.clear()
        return self._read + 1

    def keep_first(self) -> str:
        """Take the row's first line only, and give the others back to be read again."""
        first, *others = self._row
        self._again.extendleft(reversed(others))
        self._read -= len(others)
        return first.rstrip("\r\n")


def is_within(opened: IO[bytes], most: int) -> bool:
    """Whether what is stored in a file, unpacked if it is gzipped, has at most so many bytes.

    Raises NotSuchACsv where it cannot be unpacked.
    """
    with ExitStack() as stack:
        try:
            stored = _stored(opened, stack)
            read = 0
            while read <= most and (piece := stored.read(_PIECE)):
                read += len(piece)
        except (EOFError, OSError, zlib.error):
            raise NotSuchACsv("not a readable gzip file") from None
    opened.seek(0)
    return read <= most


class RejectsFile:
    """The rows that could not be used, each with its line and the reason; there is one only if there are any."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        # What an earlier import refused is no longer true.
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, row: Row, reason: str) -> None:
        """Set one row aside."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
            csv.writer(self._file).writerow(["line", "reason", "row"])
        self.count += 1
        csv.writer(self._file).writerow([row.line, reason, *row.fields])


def _text(raw: IO[bytes], stack: ExitStack) -> IO[str]:
    # Bytes that are not UTF-8 survive as surrogates, so that they cost a row and not the file.
    return io.TextIOWrapper(_stored(raw, stack), encoding="utf-8-sig", errors="surrogateescape", newline="")


def _stored(raw: IO[bytes], stack: ExitStack) -> IO[bytes]:
    magic = raw.read(2)
    raw.seek(0)
    if magic != GZIP_MAGIC:
        return raw
    unpacked: IO[bytes] = gzip.open(raw)  # type: ignore[assignment]  # which is one, but for the type of itself
    return stack.enter_context(unpacked)


def _is_text(fields: Sequence[str]) -> bool:
    joined = "".join(fields)
    if "\0" in joined:
        return False
    return joined.isascii() or not any("\ud800" <= character <= "\udfff" for character in joined)
