"""Tables in Excel workbooks."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from bookfiles.errors import InvalidFile
from bookfiles.form.headers import header_of
from bookfiles.form.lines import is_text
from bookfiles.form.packing import Content
from bookfiles.form.rows import Reject, Row

Cell = int | float | str | bool | time | date | datetime | timedelta


class Workbook:
    """The first sheet of a workbook that is not empty. Raises InvalidFile."""

    def __init__(self, content: Content) -> None:
        self._content = content
        try:
            with content.opened() as file:
                book = CalamineWorkbook.from_filelike(file)
                filled = [sheet for name in book.sheet_names if (sheet := book.get_sheet_by_name(name)).height]
        except CalamineError:
            raise InvalidFile(f"{content.path}: not a readable Excel workbook") from None
        if not filled:
            raise InvalidFile(f"{content.path}: the file is empty")
        self._sheet: CalamineSheet = filled[0]
        more = f", the first of {len(filled)} sheets" if len(filled) > 1 else ""
        self.form = f"Excel, sheet {self._sheet.name}{more}"
        self._header_line, self.header = header_of(
            content.path, ((number, cells) for number, cells in self._lines() if any(map(str.strip, cells)))
        )
        self.position = 0

    @property
    def size(self) -> int:
        """The size of the stored file in bytes."""
        return self._content.size

    def rows(self, reject: Reject) -> Iterator[Row]:
        """All rows below the header."""
        width = len(self.header)
        count = max(self._sheet.total_height, 1)
        for number, cells in self._lines():
            self.position = self.size * number // count
            if number <= self._header_line or not any(map(str.strip, cells)):
                continue
            fields = (cells + [""] * width)[:width]
            if is_text("".join(fields)):
                yield Row(number, fields)
            else:
                reject(Row(number, fields), "not text")

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        for number, cells in enumerate(self._sheet.iter_rows(), 1):
            yield number, [_text(cell) for cell in cells]


def _text(cell: Cell) -> str:
    match cell:
        case bool():
            return str(int(cell))
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() | date() | time():
            return cell.isoformat()
        case _:
            return str(cell)
