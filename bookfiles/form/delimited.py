"""Tables of text with a delimiter: CSV and its relatives."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clevercsv import Detector

from bookfiles.errors import InvalidFile, TruncatedFile
from bookfiles.form.encodings import NAMES
from bookfiles.form.lines import Lines, is_text
from bookfiles.form.packing import READ_ERRORS, Content, Packing
from bookfiles.form.rows import Reject, Row

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SAMPLE_ROWS = 60
_SAMPLE_CHARACTERS = 20_000
_EXCEL = re.compile(r"sep=(.)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Dialect:
    delimiter: str
    escape: str | None
    skipped_lines: int
    """Excel's `sep=;` before the header."""

    @property
    def options(self) -> dict[str, Any]:
        # Backslashes before quotes are data to the csv module unless it is told; doubled quotes it always knows.
        return {"delimiter": self.delimiter, "escapechar": self.escape, "strict": self.escape is None}


class DelimitedTable:
    """A table of text. Raises InvalidFile if it has no header."""

    def __init__(self, content: Content, encoding: str) -> None:
        self._content = content
        self._encoding = encoding
        try:
            with self._text() as file:
                self._dialect = _dialect_of(content.path, file)
            with self._text() as file:
                self.header, self._line = self._read_header(Lines(file))
        except csv.Error as error:
            raise InvalidFile(f"{content.path}: the header is not CSV: {error}") from None

    @property
    def form(self) -> str:
        """How the file was understood."""
        packing = "" if self._content.packing is Packing.PLAIN else f", {self._content.packing.value}"
        return f"separated by {DELIMITERS[self._dialect.delimiter]}, {NAMES[self._encoding]}{packing}"

    @property
    def size(self) -> int:
        """The size of the stored file in bytes."""
        return self._content.size

    @property
    def position(self) -> int:
        """How many of these bytes have been read."""
        return self._content.position

    def rows(self, reject: Reject) -> Iterator[Row]:
        """All rows; a row's missing last fields are None, and empty ones beyond the header are left out.

        Only the first line of a malformed row is rejected: an unclosed quote must not swallow the rows after it. In a
        file with so many of them that reading lines again would take longer than the file, all lines of the row are.
        Raises TruncatedFile if the file is damaged or cut off.
        """
        with self._text() as file:
            lines = Lines(file)
            reader = csv.reader(lines, **self._dialect.options)
            width = len(self.header)
            while True:
                line = lines.begin_row()
                try:
                    fields = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    reject(Row(line, [lines.keep_first()]), f"not CSV: {error}")
                    continue
                except READ_ERRORS:
                    message = f"{self._content.path}: the file is damaged or cut off after line {line - 1}"
                    raise TruncatedFile(message) from None
                if line < self._line:
                    continue
                joined = "".join(fields)
                if not is_text(joined):
                    reject(Row(line, fields), f"not {NAMES[self._encoding]} text")
                elif not joined or joined.isspace():
                    continue
                elif len(fields) == width:
                    yield Row(line, fields)
                elif any(map(str.strip, fields[width:])):
                    reject(Row(line, [lines.keep_first()]), f"{len(fields)} fields where the header has {width}")
                else:
                    yield Row(line, [*fields[:width], *[None] * (width - len(fields))])

    def _read_header(self, lines: Lines) -> tuple[Sequence[str], int]:
        """The names, and the line after them."""
        reader = csv.reader(lines, **self._dialect.options)
        for number, fields in enumerate(reader):
            if number < self._dialect.skipped_lines or not any(field.strip() for field in fields):
                continue
            if not is_text("".join(fields)):
                raise InvalidFile(f"{self._content.path}: not a file of text")
            return [field.strip() for field in fields], lines.begin_row()
        raise InvalidFile(f"{self._content.path}: the file is empty")

    @contextmanager
    def _text(self) -> Iterator[io.TextIOWrapper]:
        with self._content.opened() as unpacked:
            # Undecodable bytes become surrogates, so that their row is rejected and not the whole file.
            errors = "surrogateescape" if self._encoding.startswith("utf-8") else "replace"
            text = io.TextIOWrapper(unpacked, encoding=self._encoding, errors=errors, newline="")
            try:
                yield text
            finally:
                text.detach()  # otherwise it would close the file


def _dialect_of(path: Path, file: io.TextIOWrapper) -> _Dialect:
    lines: list[str] = []
    length = 0
    while len(lines) < _SAMPLE_ROWS and length < _SAMPLE_CHARACTERS and (line := file.readline(_SAMPLE_CHARACTERS)):
        lines.append(line)
        length += len(line)
    if any("\0" in line for line in lines):
        raise InvalidFile(f"{path}: not a file of text")
    if lines and (named := _EXCEL.fullmatch(lines[0])):
        return _Dialect(named[1], None, 1)
    found = Detector().detect("".join(lines), delimiters=list(DELIMITERS)) if lines else None
    delimiter = found.delimiter if found and found.delimiter in DELIMITERS else ","
    return _Dialect(delimiter, "\\" if found and found.escapechar == "\\" else None, 0)
