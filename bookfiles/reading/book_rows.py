"""Converts the rows of a file of books."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeAlias

from bookfiles.columns.meanings import folded
from bookfiles.errors import InvalidRow, Unreadable
from bookfiles.form.rows import Row
from bookfiles.reading.book_values import finished, read_genres
from bookfiles.reading.columns import Columns
from bookfiles.reading.options import Options
from bookfiles.reading.report import FileReport
from bookfiles.values.authors import authors
from bookfiles.values.currencies import currency_in
from bookfiles.values.dates import published
from bookfiles.values.day_orders import DayOrder
from bookfiles.values.identifiers import identifier
from bookfiles.values.isbns import isbn13
from bookfiles.values.pictures import picture
from bookfiles.values.prices import price
from bookfiles.values.ratings import BEST, Scale
from bookfiles.values.text import count, entries, has_lost_digits, line, plain, prose, title, whole
from bookfiles.values.years import year

MAX_STOCK = 2**31 - 1
MAX_RATINGS = 2**31 - 1
_OF_PRODUCT = (
    *("title", "authors", "year", "published_at", "categories", "subjects", "description", "picture", "work"),
    *("ratings_count", "average_rating"),
)

Read: TypeAlias = Callable[[str], Any]


class BookRecord(NamedTuple):
    """A book as a file has it.

    `values` has by attribute what the file says: an attribute that it does not name, or that could not be read, is
    absent and keeps what it was; an empty one is emptied. Attributes are title, authors, year, published_on, isbn
    (13 digits), categories (the contract's names), subjects, description, price (`values.prices.Price`), stock,
    picture, work, ratings_count (0 if unknown) and average_rating (0 to 5, 0 if unknown).
    """

    line: int
    id: int | str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """What was judged over all rows: the order of day and month, the decimal sign of prices, how names are written,
    and the scale of average ratings.
    """

    order: DayOrder
    sign: str | None
    last_first: bool
    scale: Scale


class BookRows:
    """Converts the rows of one file."""

    def __init__(self, columns: Columns, options: Options, judged: Judged) -> None:
        self._columns = columns
        self._options = options
        self._sign = judged.sign
        self._lines: dict[int | str, int] = {}
        self._products: dict[str, Mapping[str, Any]] = {}
        self.notes = ["authors are written as Last, First"] if judged.last_first else []
        self.shown: dict[str, str] = {}
        if judged.scale.best != BEST:
            self.shown["average_rating"] = f"average_rating, of {judged.scale.best:g}"
            self.notes.append(
                f"average ratings are on a scale of {judged.scale.best:g}, and are converted to one of 5"
            )
        simple: dict[str, Read] = {
            "title": title,
            "authors": lru_cache(maxsize=1_000)(partial(authors, last_first=judged.last_first)),
            "year": lru_cache(maxsize=1_000)(partial(year, now=options.now)),
            "isbn": isbn13,
            "subjects": entries,
            "description": prose,
            "stock": partial(whole, maximum=MAX_STOCK),
            "picture": picture,
            "work": line,
            "ratings_count": partial(count, maximum=MAX_RATINGS),
            "average_rating": lru_cache(maxsize=1_000)(judged.scale.average),
            "published_at": partial(published, order=options.order or judged.order, now=options.now),
        }
        self._simple = {
            name: dict.fromkeys(columns.positions[name], read) for name, read in simple.items() if columns.has(name)
        }
        self._id_at = columns.positions["book_id"][0]
        self._read_id = partial(
            identifier, is_book=True, is_isbn=folded(columns.header[self._id_at]).startswith("isbn")
        )
        names = [folded(name) for name in columns.header]
        self._handle_at = names.index("handle") if "handle" in names and columns.has("title") else None
        self._currencies = {at: currency_in(columns.header[at]) for at in columns.positions["price"]}

    def read(self, row: Row, report: FileReport) -> BookRecord | None:
        """The record of a row; None for a further row of a book that was there before."""
        field = row.fields[self._id_at] or ""
        if not field.strip() and self._is_untitled(row):
            report.skipped["further rows of the same book"] += 1
            return None
        try:
            book_id = self._read_id(field)
        except Unreadable as reason:
            raise self._columns.invalid(row, self._id_at, reason) from None
        first_line = self._lines.setdefault(book_id, row.line)
        if first_line != row.line:
            if self._is_untitled(row):
                report.skipped["further rows of the same book"] += 1
                return None
            raise InvalidRow(f"the same id as on line {first_line}")
        self._columns.reports[self._id_at].count_read(field)
        values: dict[str, Any] = {}
        for meaning, read in self._simple.items():
            self._read(row, meaning, read, values)
        self._price(row, values)
        read_genres(row, self._columns, values, report)
        self._product(row, values)
        if "title" in values and values["title"] is None and "isbn" not in values:
            values["title"] = self._other_code(row)
        return BookRecord(row.line, book_id, finished(values))

    def _is_untitled(self, row: Row) -> bool:
        titles = self._columns.fields(row, "title")
        return self._columns.has("title") and not any(field.strip() for _, field in titles)

    def _read(self, row: Row, meaning: str, read: Mapping[int, Read], values: dict[str, Any]) -> None:
        """Set a value: of several columns the first that is not empty, of lists all together."""
        found: Any = None
        is_unreadable = is_present = False
        for position, read_field in read.items():
            field = row.fields[position]
            if field is None:
                continue
            is_present = True
            report = self._columns.reports[position]
            try:
                value = read_field(field) if field else None
            except Unreadable as reason:
                report.count_left_empty(row.line, str(reason))
                is_unreadable = True
                continue
            if value is None or value in {"", ()}:
                continue
            report.count_read(field)
            if not isinstance(value, tuple):
                found = value
                break
            found = tuple(dict.fromkeys((*(found or ()), *value)))
        if found is not None:
            values[meaning] = found
        elif is_present and not is_unreadable:
            values[meaning] = None

    def _other_code(self, row: Row) -> str | None:
        """The title of a book that has none: what is in place of its ISBN, such as Amazon's number."""
        codes = (plain(field) for _, field in self._columns.fields(row, "isbn"))
        return next((code for code in codes if code and not has_lost_digits(code)), None)

    def _price(self, row: Row, values: dict[str, Any]) -> None:
        if not self._currencies:
            return
        ((currency_at, currency), *_) = self._columns.fields(row, "currency") or [(-1, "")]
        if currency_at >= 0 and currency.strip():
            self._columns.reports[currency_at].count_read(currency)
        read = {
            position: partial(price, currency=currency, sign=self._sign, default=named or self._options.currency)
            for position, named in self._currencies.items()
        }
        self._read(row, "price", read, values)

    def _product(self, row: Row, values: dict[str, Any]) -> None:
        """Give a further variant of a product, as Shopify has them, what only the first one's row says."""
        handle = row.fields[self._handle_at] if self._handle_at is not None else None
        if not handle:
            return
        if not self._is_untitled(row):
            self._products = {handle: {name: values[name] for name in _OF_PRODUCT if name in values}}
        else:
            for name, value in self._products.get(handle, {}).items():
                values[name] = values.get(name) or value
