"""Tables of text with a delimiter: CSV and its relatives."""

import csv
from collections.abc import Iterator, Sequence

from bookfiles.errors import InvalidFile, TruncatedFile
from bookfiles.form import dialects
from bookfiles.form.dialects import dialect_of
from bookfiles.form.encodings import NAMES
from bookfiles.form.headers import header_of
from bookfiles.form.lines import Lines, is_text
from bookfiles.form.packing import READ_ERRORS, Content
from bookfiles.form.rows import Reject, Row
from bookfiles.form.text_files import TextFile


class DelimitedTable(TextFile):
    """A table of text. Raises InvalidFile if it has no header."""

    def __init__(self, content: Content, encoding: str) -> None:
        super().__init__(content, encoding)
        with self._text(newline="") as file:
            self._dialect = dialect_of(file)
        with self._text(newline="") as file:
            try:
                self._header_line, self.header = header_of(content.path, self._first_rows(Lines(file)))
            except csv.Error as error:
                raise InvalidFile(f"{content.path}: the header is not CSV: {error}") from None

    @property
    def form(self) -> str:
        """How the file was understood."""
        delimiter = dialects.NAMES.get(self._dialect.delimiter, repr(self._dialect.delimiter))
        return self._form(f"separated by {delimiter}")

    def rows(self, reject: Reject) -> Iterator[Row]:
        """All rows; a row's missing last fields are None, and empty ones beyond the header are left out.

        Only the first line of a malformed row is rejected: an unclosed quote must not swallow the rows after it. In a
        file with so many of them that reading lines again would take longer than the file, all lines of the row are.
        Raises TruncatedFile if the file is damaged or cut off.
        """
        with self._text(newline="") as file:
            lines = Lines(file)
            reader = self._dialect.read(lines)
            width = len(self.header)
            while True:
                line = lines.begin_row()
                error = ""
                try:
                    fields = next(reader)
                except StopIteration:
                    return
                except csv.Error as reason:
                    fields, error = [], f"not CSV: {reason}"
                except READ_ERRORS:
                    message = f"{self._content.path}: the file is damaged or cut off after line {line - 1}"
                    raise TruncatedFile(message) from None
                if line <= self._header_line:
                    continue
                joined = "".join(fields)
                if not is_text(joined):
                    reject(Row(line, fields), f"not {NAMES[self._encoding]} text")
                elif error or len(fields) > width:
                    if row := self._too_long(line, fields, error, lines, reject):
                        yield row
                elif joined and not joined.isspace() and fields != self.header:
                    yield Row(line, fields if len(fields) == width else [*fields, *[None] * (width - len(fields))])

    def _too_long(self, line: int, fields: list[str], error: str, lines: Lines, reject: Reject) -> Row | None:
        """A row that has more fields than the header, or is malformed; None if it is blank or was rejected."""
        width = len(self.header)
        if not error and not any(map(str.strip, fields[width:])):
            return Row(line, fields[:width]) if any(map(str.strip, fields)) else None
        first = lines.keep_first()
        # Its backslashes may mean another thing than those in the first lines of the file.
        repaired = self._dialect.read_again(first)
        if repaired and len(repaired) == width and is_text(first):
            return Row(line, repaired)
        reject(Row(line, [first]), error or f"{len(fields)} fields where the header has {width}")
        return None

    def _first_rows(self, lines: Lines) -> Iterator[tuple[int, Sequence[str]]]:
        """Rows that are not blank, with their lines; raises csv.Error only for the first."""
        reader = self._dialect.read(lines)
        is_first = True
        while True:
            line = lines.begin_row()
            try:
                fields = next(reader)
            except StopIteration:
                return
            except (csv.Error, *READ_ERRORS):
                if is_first:
                    raise
                return
            if self._dialect.is_named and line == 1:
                continue
            if any(field.strip() for field in fields):
                yield line, fields
                is_first = False
