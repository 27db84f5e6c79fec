"""Opens a file as a table, whatever its form."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bookfiles.errors import InvalidFile
from bookfiles.form.delimited import DelimitedTable
from bookfiles.form.encodings import encoding_of
from bookfiles.form.json_lines import JsonLines
from bookfiles.form.packing import Content, Packing, beginning, explained, open_content
from bookfiles.form.rows import Table
from bookfiles.form.workbooks import Workbook

_HEAD = 4096


@contextmanager
def open_table(path: Path, *, opened: IO[bytes] | None = None, max_bytes: int | None = None) -> Iterator[Table]:
    """The table in a file.

    `opened` is the content if it is not on disk, such as an upload; `path` then only names it. Raises InvalidFile if
    the file is absent, empty or no table, or has more than `max_bytes` when unpacked.
    """
    with open_content(path, opened) as content:
        if max_bytes is not None and not explained(path, lambda: content.is_at_most(max_bytes)):
            raise InvalidFile(f"{path}: more than {max_bytes // 1024**2} MB when decompressed")
        yield explained(path, lambda: _table(content))


def _table(content: Content) -> Table:
    if content.packing is Packing.WORKBOOK:
        return Workbook(content)
    with content.opened() as unpacked:
        encoding = encoding_of(unpacked)
    with content.opened() as unpacked:
        head = beginning(unpacked, _HEAD).decode(encoding, errors="ignore").lstrip("\ufeff \t\r\n")
    if head.startswith("{"):
        return JsonLines(content, encoding)
    if head.startswith("["):
        raise InvalidFile(f"{content.path}: a JSON array; write one object a line (JSON Lines)")
    return DelimitedTable(content, encoding)
