"""Streams booksellers' CSV files, plain or gzipped. Malformed rows are rejected and do not stop the rest."""

import csv
import gzip
import io
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

GZIP_MAGIC = b"\x1f\x8b"
_CHUNK_BYTES = 1024 * 1024
MAX_ROW = 1024 * 1024
"""The longest row, and the longest line, in characters."""
_MAX_NAMED = 5
_MAX_NAME_LENGTH = 40


class InvalidCsv(Exception):
    """The file is not a CSV with the required columns; the message says why in one line."""


class TruncatedCsv(Exception):
    """The gzip file is damaged or cut off; the rows before that were read."""


class InvalidRow(Exception):
    """A row cannot be used; the message is the reason, for the rejects file."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its first line number in the file, and its fields."""

    line: int
    fields: Sequence[str]


class CsvFile:
    """A context manager over one CSV file with a header.

    `position` and `size` are in bytes of the file as stored, for a progress bar. `opened` is the content if it is
    not on disk, such as an upload; `path` then only names it. Raises InvalidCsv on entry if the file is absent,
    empty, binary or lacks a required column.
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
                raise InvalidCsv(f"{self.path}: {error.strerror or 'not a readable gzip file'}") from None
            except (EOFError, zlib.error):
                raise InvalidCsv(f"{self.path}: not a readable gzip file") from None
            except csv.Error as error:
                raise InvalidCsv(f"{self.path}: the header is not CSV: {error}") from None
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def position(self) -> int:
        """The number of bytes of the stored file that have been read."""
        return self._raw.tell()

    def column(self, name: str) -> int | None:
        """The index of a column in a row's fields; None if the file does not have it."""
        return self._header.index(name) if name in self._header else None

    def rows(self, reject: Callable[[Row, str], None]) -> Iterator[Row]:
        """The rows in order, with as many fields as the header; malformed ones go to `reject` with a reason.

        Only the first line of a malformed row is rejected: an unclosed quote must not swallow the rows after it. In a
        file with so many of them that reading lines again would take longer than the file, all lines of the row are.
        Raises TruncatedCsv if a gzip file is damaged or cut off.
        """
        while True:
            line = self._lines.begin_row()
            try:
                fields = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                reject(Row(line, [self._lines.keep_first()]), f"not CSV: {error}")
                continue
            except (EOFError, OSError, zlib.error):
                raise TruncatedCsv(f"{self.path}: the file is damaged or cut off after line {line - 1}") from None
            if not fields:
                continue  # a blank line
            if len(fields) != len(self._header):
                reason = f"{len(fields)} fields where the header has {len(self._header)}"
                reject(Row(line, [self._lines.keep_first()]), reason)
            elif not _is_text(fields):
                reject(Row(line, fields), "not UTF-8 text")
            else:
                yield Row(line, fields)

    def _read_header(self) -> None:
        header = next(self._reader, None)
        if header is None:
            raise InvalidCsv(f"{self.path}: the file is empty")
        if not _is_text(header):
            raise InvalidCsv(f"{self.path}: not a CSV file in UTF-8")
        self._header = [name.strip().lower() for name in header]
        missing = [name for name in self._required if name not in self._header]
        if missing:
            raise InvalidCsv(
                f"{self.path}: no column {', '.join(missing)} in the header; "
                f"required are {','.join(self._required)}, optional are {','.join(self._optional)}"
            )
        repeated = [name[:_MAX_NAME_LENGTH] for name, count in Counter(self._header).items() if count > 1]
        if repeated:
            raise InvalidCsv(f"{self.path}: the header names {', '.join(sorted(repeated)[:_MAX_NAMED])} twice")
        known = {*self._required, *self._optional}
        self.unknown_columns = tuple(name for name in self._header if name not in known)


class _Lines:
    """The lines of a file, counted; those of a malformed row can be read again.

    A row beyond MAX_ROW raises csv.Error, so that no file takes more memory than a few such rows.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self._row: list[str] = []
        self._length = 0
        self._read = 0
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


def unpacks_to_at_most(opened: IO[bytes], max_bytes: int) -> bool:
    """Whether a file, unpacked if it is gzipped, has at most this many bytes.

    Raises InvalidCsv if it cannot be unpacked.
    """
    with ExitStack() as stack:
        try:
            unpacked = _unpacked(opened, stack)
            read = 0
            while read <= max_bytes and (chunk := unpacked.read(_CHUNK_BYTES)):
                read += len(chunk)
        except (EOFError, OSError, zlib.error):
            raise InvalidCsv("not a readable gzip file") from None
    opened.seek(0)
    return read <= max_bytes


class RejectsFile:
    """A CSV of rejected rows with their lines and reasons, created with the first of them."""

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
        """Write a rejected row."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
            csv.writer(self._file).writerow(["line", "reason", "row"])
        self.count += 1
        csv.writer(self._file).writerow([row.line, reason, *row.fields])


def _text(raw: IO[bytes], stack: ExitStack) -> IO[str]:
    # Invalid UTF-8 becomes surrogates, so that its row is rejected and not the whole file.
    return io.TextIOWrapper(_unpacked(raw, stack), encoding="utf-8-sig", errors="surrogateescape", newline="")


def _unpacked(raw: IO[bytes], stack: ExitStack) -> IO[bytes]:
    magic = raw.read(2)
    raw.seek(0)
    if magic != GZIP_MAGIC:
        return raw
    unpacked: IO[bytes] = gzip.open(raw)  # type: ignore[assignment]  # typeshed does not know that it is one
    return stack.enter_context(unpacked)


def _is_text(fields: Sequence[str]) -> bool:
    joined = "".join(fields)
    if "\0" in joined:
        return False
    return joined.isascii() or not any("\ud800" <= character <= "\udfff" for character in joined)
