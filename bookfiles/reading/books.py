"""Reads files of books."""

from collections.abc import Iterator
from contextlib import contextmanager

from bookfiles.columns.books import BOOKS
from bookfiles.columns.meanings import folded
from bookfiles.form.rows import Reject, Table
from bookfiles.reading.book_rows import MAX_STOCK, BookRecord, BookRows, Judged
from bookfiles.reading.columns import Columns
from bookfiles.reading.converting import Progress, Reading, convert, judged_rows
from bookfiles.reading.options import Options
from bookfiles.reading.report import FileReport
from bookfiles.reading.spool import Spool
from bookfiles.values.authors import NameOrders
from bookfiles.values.day_orders import DayOrders
from bookfiles.values.prices import DecimalSigns
from bookfiles.values.ratings import AverageScales
from bookfiles.values.text import stated

__all__ = ["MAX_STOCK", "BookRecord", "Reading", "read_books"]

_FLAGS = frozenset(["", "true", "false", "yes", "no", "1", "0", "-1"])


@contextmanager
def read_books(
    table: Table, name: str, options: Options, *, reject: Reject, progress: Progress = lambda _: None
) -> Iterator[Reading]:
    """Read a file of books twice: once to judge its columns, once to convert its rows.

    Raises InvalidFile if no column can be the id.
    """
    columns = Columns(table.header, BOOKS, options.mapped)
    columns.require(name, "book_id", "an id, such as a number, an SKU or an ISBN")
    reader = BookRows(columns, options, _judged(table, columns, progress))
    with Spool[BookRecord](options.spool) as records:
        report = FileReport(name, table.form, "books", columns.describe(reader.shown), notes=reader.notes)
        yield convert(table, report, records, lambda row: reader.read(row, report), reject=reject, progress=progress)


def _judged(table: Table, columns: Columns, progress: Progress) -> Judged:
    """What is judged over all rows; also chooses the column of ids."""
    days, signs, names, scales = DayOrders(), DecimalSigns(), NameOrders(), AverageScales()
    flags = {
        position: _Flags()
        for position in columns.positions["published_at"]
        if folded(columns.header[position]) == "published"
    }
    observers = [
        *((position, days.add) for position in columns.positions["published_at"]),
        *((position, signs.add) for position in columns.positions["price"]),
        *((position, names.add) for position in columns.positions["authors"]),
        *((position, scales.add) for position in columns.positions["average_rating"]),
        *((position, flag.add) for position, flag in flags.items()),
    ]
    candidates, titles = columns.positions["book_id"], columns.positions["title"]
    filled = dict.fromkeys(candidates, 0)
    rows = 0
    for row in judged_rows(table, progress):
        for position, observe in observers:
            if field := row.fields[position]:
                observe(field)
        # Further rows of a book, as Shopify has them for pictures, need no id of their own.
        if not titles or row.fields[titles[0]]:
            rows += 1
            for position in candidates:
                filled[position] += bool(row.fields[position])
    columns.choose("book_id", filled, rows)
    for position, flag in flags.items():
        if flag.is_one:
            columns.positions["published_at"].remove(position)
    return Judged(days.order, signs.sign, names.is_last_first, scales.scale)


class _Flags:
    """Collects whether a column says yes or no: shop systems say so whether a book is on sale."""

    def __init__(self) -> None:
        self.is_one = True

    def add(self, field: str) -> None:
        """Take one field into account."""
        if self.is_one:
            self.is_one = stated(field).casefold() in _FLAGS
