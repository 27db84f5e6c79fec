"""Tables of one JSON object a line."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bookfiles.errors import InvalidFile, TruncatedFile
from bookfiles.form.headers import MAX_COLUMNS
from bookfiles.form.lines import MAX_ROW, is_text
from bookfiles.form.packing import READ_ERRORS, Content
from bookfiles.form.rows import Reject, Row
from bookfiles.form.text_files import TextFile

_MAX_DEPTH = 5


class JsonLines(TextFile):
    """A table of JSON objects; its columns are the keys of all of them. Raises InvalidFile."""

    def __init__(self, content: Content, encoding: str) -> None:
        super().__init__(content, encoding)
        names: dict[str, None] = {}
        try:
            for _, _, value in self._objects():
                if isinstance(value, dict):
                    names.update(dict.fromkeys(value))
                if len(names) > MAX_COLUMNS:
                    raise InvalidFile(f"{content.path}: more than {MAX_COLUMNS:,} different keys")
        except TruncatedFile:
            pass  # `rows` will find it again, after what is there
        self.header: Sequence[str] = list(names)
        if not names:
            raise InvalidFile(f"{content.path}: no JSON object in any line")

    @property
    def form(self) -> str:
        """How the file was understood."""
        return self._form("JSON Lines")

    def rows(self, reject: Reject) -> Iterator[Row]:
        """All objects; a key that one does not have is None, a null is empty.

        Raises TruncatedFile if the file is damaged or cut off.
        """
        for line, text, value in self._objects():
            if not isinstance(value, dict):
                reject(Row(line, [text]), "not a JSON object")
                continue
            fields = [_field(value[name]) if name in value else None for name in self.header]
            if is_text("".join(field for field in fields if field)):
                yield Row(line, fields)
            else:
                reject(Row(line, [text]), "not text")

    def _objects(self) -> Iterator[tuple[int, str, Any]]:
        line = 0
        with self._text(newline=None) as file:
            try:
                while text := file.readline(MAX_ROW):
                    line += 1
                    if text.strip():
                        yield line, text, _parsed(text)
            except READ_ERRORS:
                message = f"{self._content.path}: the file is damaged or cut off after line {line}"
                raise TruncatedFile(message) from None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _field(value: Any, depth: int = 0) -> str:
    """A value as a field of a CSV: the entries of a list are separated by semicolons."""
    if isinstance(value, list | dict):
        return _nested(value, depth + 1) if depth < _MAX_DEPTH else ""
    if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()):
        return str(int(value))
    return "" if value is None else str(value)


def _nested(value: list[Any] | dict[str, Any], depth: int) -> str:
    if isinstance(value, list):
        return "; ".join(filter(None, (_field(entry, depth) for entry in value)))
    # Such as Goodreads' shelves and Amazon's authors and images.
    return next((_field(value[key], depth) for key in ("name", "large", "url") if key in value), "")
