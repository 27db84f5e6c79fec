"""Reads files of books."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Any, TypeAlias, TypeVar

from bookfiles.columns.books import BOOKS
from bookfiles.errors import InvalidFile, InvalidRow, TruncatedFile, Unreadable
from bookfiles.form.rows import Reject, Row, Table
from bookfiles.genres import CellGenres, genres_of
from bookfiles.reading.columns import Columns
from bookfiles.reading.options import Options
from bookfiles.reading.report import FileReport
from bookfiles.reading.spool import Spool
from bookfiles.values.authors import NameOrders, authors
from bookfiles.values.dates import DayOrder, DayOrders, dated, utc_date
from bookfiles.values.identifiers import identifier
from bookfiles.values.isbns import isbn13
from bookfiles.values.pictures import picture
from bookfiles.values.prices import DecimalSigns, price
from bookfiles.values.text import entries, has_lost_digits, plain, prose, text, whole
from bookfiles.values.years import year

MAX_STOCK = 2**31 - 1

Read: TypeAlias = Callable[[str], Any]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BookRecord:
    """A book as a file has it.

    `values` has by attribute what the file says: an attribute that it does not name, or that could not be read, is
    absent and keeps what it was; an empty one is emptied. Attributes are title, authors, year, published_on, isbn
    (13 digits), categories (the contract's names), subjects, description, price (`values.prices.Price`), stock,
    picture and work.
    """

    line: int
    id: int | str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that was read: the report, and its records."""

    report: FileReport
    records: Spool[Any]
    damage: TruncatedFile | None = None
    """What was found after the last record."""


@contextmanager
def read_books(
    table: Table, name: str, options: Options, *, reject: Reject, progress: Callable[[Table], None] = lambda _: None
) -> Iterator[Reading]:
    """Read a file of books twice: once to judge its columns, once to convert its rows.

    `progress` is called after every few thousand rows. Raises InvalidFile if no column can be the id.
    """
    columns = Columns(table.header, BOOKS, options.mapped)
    if not columns.has("book_id"):
        raise InvalidFile(_no_column(table, name, "book_id", "an id, such as a number, an SKU or an ISBN"))
    reader = _BookReader(columns, options, _judged(table, columns, progress))
    with Spool[BookRecord](options.spool) as records:
        report = FileReport(name, table.form, "books", columns.describe(reader.shown), notes=reader.notes)
        yield convert(table, report, records, lambda row: reader.read(row, report), reject, progress)


PROGRESS_ROWS = 5_000


def convert(
    table: Table,
    report: FileReport,
    records: Spool[T],
    read: Callable[[Row], T | None],
    reject: Reject,
    progress: Callable[[Table], None],
) -> Reading:
    """Convert all rows, and count what became of them."""

    def refuse(row: Row, reason: str) -> None:
        report.refused += 1
        reject(row, reason)

    def malformed(row: Row, reason: str) -> None:
        report.rows += 1
        refuse(row, reason)

    damage = None
    try:
        for row in table.rows(malformed):
            report.rows += 1
            if report.rows % PROGRESS_ROWS == 0:
                progress(table)
            try:
                record = read(row)
            except InvalidRow as reason:
                refuse(row, str(reason))
                continue
            if record is not None:
                report.good += 1
                records.add(record)
    except TruncatedFile as error:
        damage = error
    return Reading(report, records, damage)


def whole_rows(table: Table) -> Iterator[Row]:
    """The rows before a damage, if there is one, without malformed ones."""
    with suppress(TruncatedFile):
        yield from table.rows(lambda _row, _reason: None)


def _no_column(table: Table, name: str, meaning: str, what: str) -> str:
    shown = ", ".join(filter(None, table.header))[:200]
    return f'{name}: no column is known to be {what}; the columns are {shown}; name it with --map "COLUMN={meaning}"'


@dataclass(frozen=True, slots=True)
class _Judged:
    order: DayOrder
    sign: str | None
    last_first: bool


def _judged(table: Table, columns: Columns, progress: Callable[[Table], None]) -> _Judged:
    """What is judged over all rows; also chooses the column of ids."""
    days, signs, names = DayOrders(), DecimalSigns(), NameOrders()
    observers = {"published_at": days.add, "price": signs.add, "authors": names.add}
    observed = [
        (position, observe) for meaning, observe in observers.items() for position in columns.positions[meaning]
    ]
    candidates, titles = columns.positions["book_id"], columns.positions["title"]
    filled = dict.fromkeys(candidates, 0)
    rows = 0
    for number, row in enumerate(whole_rows(table), 1):
        if number % PROGRESS_ROWS == 0:
            progress(table)
        for position, observe in observed:
            if field := row.fields[position]:
                observe(field)
        # Further rows of a book, as Shopify has them for pictures, need no id of their own.
        if not titles or row.fields[titles[0]]:
            rows += 1
            for position in candidates:
                filled[position] += bool(row.fields[position])
    columns.choose("book_id", filled, rows)
    return _Judged(days.order, signs.sign, names.is_last_first)


class _BookReader:
    """Converts the rows of one file."""

    def __init__(self, columns: Columns, options: Options, judged: _Judged) -> None:
        self._columns = columns
        self._options = options
        self._lines: dict[int | str, int] = {}
        self._order = options.order or judged.order
        self._sign = judged.sign
        self.shown: dict[str, str] = {}
        self.notes: list[str] = []
        if judged.last_first:
            self.notes.append("authors are written as Last, First")
        day = partial(dated, order=self._order)
        self._simple: dict[str, Read] = {
            "title": text,
            "authors": lru_cache(maxsize=1_000)(partial(authors, last_first=judged.last_first)),
            "year": partial(year, now=options.now),
            "isbn": isbn13,
            "subjects": entries,
            "description": prose,
            "stock": partial(whole, maximum=MAX_STOCK),
            "picture": picture,
            "work": text,
            "published_at": day,
        }
        self._simple = {name: read for name, read in self._simple.items() if columns.has(name)}

    def read(self, row: Row, report: FileReport) -> BookRecord | None:
        """The record of a row; None for a further row of a book that was there before."""
        (position, field), *_ = self._columns.fields(row, "book_id") or [(-1, "")]
        column = self._columns.reports.get(position)
        try:
            book_id = identifier(field, is_book=True)
        except Unreadable as reason:
            if column is not None:
                column.count_refused(row.line, str(reason))
            raise InvalidRow(f"{column.name if column else 'book_id'} {reason}") from None
        values: dict[str, Any] = {}
        for meaning, read in self._simple.items():
            self._read(row, meaning, read, values)
        first_line = self._lines.setdefault(book_id, row.line)
        if first_line != row.line:
            if self._columns.has("title") and not values.get("title"):
                report.skipped["further rows of the same book"] += 1
                return None
            raise InvalidRow(f"the same id as on line {first_line}")
        if column is not None:
            column.count_read(field)
        if "title" in values and values["title"] is None and "isbn" not in values:
            values["title"] = self._other_code(row)
        self._price(row, values)
        self._genres(row, values, report)
        return BookRecord(row.line, book_id, _finished(values))

    def _read(self, row: Row, meaning: str, read: Read, values: dict[str, Any]) -> None:
        """Set a value: of several columns the first that is not empty, of lists all together."""
        found: Any = None
        is_unreadable = is_present = False
        for position, field in self._columns.fields(row, meaning):
            is_present = True
            report = self._columns.reports[position]
            try:
                value = read(field) if field else None
            except Unreadable as reason:
                report.count_left_empty(row.line, str(reason))
                is_unreadable = True
                continue
            if value is None or value in {"", ()}:
                continue
            report.count_read(field)
            if found is None:
                found = value
            elif isinstance(found, tuple):
                found = tuple(dict.fromkeys((*found, *value)))
        if found is not None:
            values[meaning] = found
        elif is_present and not is_unreadable:
            values[meaning] = None

    def _other_code(self, row: Row) -> str | None:
        """The title of a book that has none: what is in place of its ISBN, such as Amazon's number."""
        codes = (plain(field) for _, field in self._columns.fields(row, "isbn"))
        return next((code for code in codes if code and not has_lost_digits(code)), None)

    def _price(self, row: Row, values: dict[str, Any]) -> None:
        if not self._columns.has("price"):
            return
        ((currency_at, currency), *_) = self._columns.fields(row, "currency") or [(-1, "")]
        if currency_at >= 0 and currency.strip():
            self._columns.reports[currency_at].count_read(currency)
        read = partial(price, currency=currency, sign=self._sign, default=self._options.currency)
        self._read(row, "price", read, values)

    def _genres(self, row: Row, values: dict[str, Any], report: FileReport) -> None:
        """Set the categories that the labels of a row name; labels of none become subjects."""
        if not (self._columns.has("categories") or self._columns.has("shelves")):
            return
        found: dict[str, None] = {}
        unknown: dict[str, None] = {}
        is_present = False
        for meaning in ("categories", "shelves"):
            for position, field in self._columns.fields(row, meaning):
                is_present = True
                genres = _genres(field)
                found.update(dict.fromkeys(genres.categories))
                if meaning == "categories":
                    unknown.update(dict.fromkeys(genres.unknown))
                    report.unknown_categories.update(genres.unknown)
                if genres.categories or genres.unknown:
                    self._columns.reports[position].count_read(field)
        if is_present:
            values["categories"] = tuple(found)
        if unknown:
            values["subjects"] = tuple(dict.fromkeys([*(values.get("subjects") or ()), *unknown]))


@lru_cache(maxsize=10_000)
def _genres(field: str) -> CellGenres:
    return genres_of(text(field))


def _finished(values: dict[str, Any]) -> dict[str, Any]:
    """The values with empty ones of their own type; the year of the publication date, if there is none."""
    day: date | None = None
    if "published_at" in values:
        published = values.pop("published_at")
        day = utc_date(published) if published else None
        values["published_on"] = day
        if published and values.get("year") is None:
            values["year"] = published.year
    for attribute in ("authors", "subjects"):
        if attribute in values and values[attribute] is None:
            values[attribute] = ()
    for attribute in ("isbn", "description", "picture", "work"):
        if attribute in values and values[attribute] is None:
            values[attribute] = ""
    # A book always has a title.
    if "title" in values and not values["title"]:
        del values["title"]
    return values
