"""Reads files of interactions."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import NamedTuple

from bookfiles.columns.interactions import HARMLESS, INTERACTIONS, SENSE
from bookfiles.columns.meanings import folded
from bookfiles.errors import InvalidFile, InvalidRow, Unreadable
from bookfiles.form.rows import Reject, Row, Table
from bookfiles.reading.books import PROGRESS_ROWS, Reading, convert, whole_rows
from bookfiles.reading.columns import Columns
from bookfiles.reading.options import Options
from bookfiles.reading.report import ColumnReport, FileReport
from bookfiles.reading.spool import Spool
from bookfiles.values.dates import DayOrder, DayOrders, dated, is_moment
from bookfiles.values.identifiers import identifier
from bookfiles.values.kinds import Kind, kind
from bookfiles.values.ratings import Scale, Scales
from bookfiles.values.text import plain

MAX_ID = 100
_SAMPLED = 200
_MARKS = 21
_NOT_CANCELLED = {None, "", "0", "false", "False", "no", "No"}
_DAY = timedelta(days=1)
_NOT_COUNTED = "wishes, refunds, returns and the like"


class InteractionRecord(NamedTuple):
    """An interaction as a file has it.

    `value` is 0.5 to 5 for a rating and 0 otherwise; `id` is empty if none is given.
    """

    reader: int | str
    book: int | str
    kind: str
    value: float
    occurred_at: datetime | None
    id: str


@contextmanager
def read_interactions(
    table: Table, name: str, options: Options, *, reject: Reject, progress: Callable[[Table], None] = lambda _: None
) -> Iterator[Reading]:
    """Read a file of interactions twice: once to judge its columns, once to convert its rows.

    `progress` is called after every few thousand rows. Raises InvalidFile if it has no column of readers or books, or
    one that could change the sense of a row and is not understood.
    """
    columns = Columns(table.header, INTERACTIONS, options.mapped)
    _require(table, name, columns, options)
    judged = _judged(table, name, columns, options, progress)
    reader = _InteractionReader(columns, options, judged)
    with Spool[InteractionRecord](options.spool) as records:
        report = FileReport(name, table.form, "interactions", reader.describe(), notes=reader.notes)

        def read(row: Row) -> InteractionRecord | None:
            record = reader.read(row)
            if record is None:
                report.skipped[_NOT_COUNTED] += 1
            return record

        yield convert(table, report, records, read, reject, progress)


def _require(table: Table, name: str, columns: Columns, options: Options) -> None:
    shown = ", ".join(filter(None, table.header))[:200]
    if not columns.has("book_id"):
        raise InvalidFile(
            f"{name}: no column is known to be the id of a book; the columns are {shown}; "
            'name it with --map "COLUMN=book_id"'
        )
    if not columns.has("user_id") and not options.reader:
        raise InvalidFile(
            f"{name}: no column is known to be the id of a reader; the columns are {shown}; "
            'name it with --map "COLUMN=user_id", or with --reader the one reader whose file it is'
        )


@dataclass(slots=True)
class _Judged:
    order: DayOrder
    scale: Scale | None


@dataclass(slots=True)
class _Unknown:
    """What is seen of a column that is not known."""

    values: set[str] = field(default_factory=set)

    def looks_like_opinion(self) -> bool:
        """Whether its values are a few small numbers, or moments."""
        if len(self.values) < 2:  # noqa: PLR2004  (a constant says nothing)
            return False
        if all(map(is_moment, self.values)):
            return True
        return len(self.values) <= _MARKS and all(_is_mark(value) for value in self.values)


def _is_mark(value: str) -> bool:
    try:
        return -1 <= float(value.replace(",", ".")) <= 10  # noqa: PLR2004  (the most usual scales)
    except ValueError:
        return False


def _judged(
    table: Table, name: str, columns: Columns, options: Options, progress: Callable[[Table], None]
) -> _Judged:
    """What is judged over all rows. Raises InvalidFile."""
    observed = _Observed(table, columns)
    if observed.is_needed:
        for number, row in enumerate(whole_rows(table), 1):
            if number % PROGRESS_ROWS == 0:
                progress(table)
            observed.add(row)
    for position, column in observed.unknown.items():
        _refuse_if_it_counts(name, table.header[position], column)
    stated = next((entry.detail for entry in options.mapped if entry.meaning == "rating" and entry.detail), "")
    try:
        scale = Scale(float(stated)) if stated else observed.scales.scale if observed.scales else None
    except InvalidFile as reason:
        raise InvalidFile(f"{name}: {reason}") from None
    return _Judged(options.order or observed.days.order, scale)


class _Observed:
    """What is seen of columns that cannot be judged row by row."""

    def __init__(self, table: Table, columns: Columns) -> None:
        self.days = DayOrders()
        self._moments = columns.positions["occurred_at"]
        self._ratings = columns.positions["rating"][:1]
        self._kinds = columns.positions["kind"][:1]
        self.scales = Scales(table.header[self._ratings[0]]) if self._ratings else None
        known = {position for positions in columns.positions.values() for position in positions}
        self.unknown = {
            position: _Unknown()
            for position, column in enumerate(table.header)
            if position not in known and folded(column) not in HARMLESS and folded(column) not in columns.ignored
        }
        self._seen: set[str] = set()

    @property
    def is_needed(self) -> bool:
        """Whether there is any such column."""
        return bool(self._moments or self.scales or self.unknown)

    def add(self, row: Row) -> None:
        """Take one row into account."""
        fields = row.fields
        for position in self._ratings:
            rating = fields[position]
            # The value of another kind than a rating is none.
            if rating and self.scales and (not self._kinds or _is_rating(fields[self._kinds[0]])):
                if rating not in self._seen:
                    self._seen.add(rating)
                    self.scales.add(rating)
        for position in self._moments:
            moment = fields[position]
            # Only dates with slashes, or with the year at the end, say which comes first.
            if moment and ("/" in moment or moment[1:2] == "-" or moment[2:3] == "-"):
                self.days.add(moment)
        for position, column in self.unknown.items():
            if (value := fields[position]) and len(column.values) < _SAMPLED:
                column.values.add(value.strip())


def _refuse_if_it_counts(name: str, column: str, seen: _Unknown) -> None:
    if not seen.values - {""}:
        return
    if any(part in folded(column) for part in SENSE) or (column and seen.looks_like_opinion()):
        raise InvalidFile(
            f'{name}: the column {column!r} could change what a row says; say what it is, as --map "{column}=rating" '
            f'(or kind, status, quantity, occurred_at), or leave it out with --map "{column}="'
        )


@lru_cache(maxsize=1_000)
def _is_rating(field: str | None) -> bool:
    try:
        return not field or kind(field) is Kind.RATING
    except Unreadable:
        return False


class _InteractionReader:
    """Converts the rows of one file."""

    def __init__(self, columns: Columns, options: Options, judged: _Judged) -> None:
        self._columns = columns
        self._positions = {meaning: positions[0] for meaning, positions in columns.positions.items() if positions}
        for meaning in ("user_id", "book_id", "kind", "rating", "quantity", "interaction_id"):
            columns.positions[meaning] = columns.positions[meaning][:1]
        self._latest = options.now + _DAY
        self._moments = columns.positions["occurred_at"]
        self._status = columns.positions["status"]
        self._cancelled = columns.positions["cancelled"]
        self._reader: int | str | None = identifier(options.reader, is_book=False) if options.reader else None
        self._read_reader = lru_cache(maxsize=1_000_000)(partial(identifier, is_book=False))
        self._read_book = lru_cache(maxsize=1_000_000)(partial(identifier, is_book=True))
        self._read_kind = lru_cache(maxsize=1_000)(kind)
        self._read_rating = lru_cache(maxsize=1_000)(judged.scale.rating) if judged.scale else None
        self._order = judged.order
        self._is_value = (
            "kind" in self._positions
            and "rating" in self._positions
            and (folded(columns.header[self._positions["rating"]]) == "value")
        )
        self._is_told = bool({"kind", "rating", "status", "cancelled", "quantity"} & set(self._positions))
        self._shown: dict[str, str] = {}
        self.notes: list[str] = []
        if judged.scale and judged.scale.best != 5:  # noqa: PLR2004  (our own scale)
            self._shown["rating"] = f"rating, of {judged.scale.best:g}"
            self.notes.append(f"ratings are on a scale of {judged.scale.best:g}, and are converted to one of 5")

    def describe(self) -> Sequence[ColumnReport]:
        """A report for each column."""
        return self._columns.describe(self._shown)

    def read(self, row: Row) -> InteractionRecord | None:
        """The record of a row; None for one that says nothing to store."""
        reader = self._reader if self._reader is not None else self._id(row, "user_id", self._read_reader)
        book = self._id(row, "book_id", self._read_book)
        happened = self._happened(row)
        value, is_rated = self._rating(row) if self._read_rating else (None, False)
        did = self._did(row, is_rated=is_rated, value=value) if self._is_told else Kind.PURCHASE
        if did is None:
            return None
        return InteractionRecord(
            reader, book, did.value, value or 0.0 if did is Kind.RATING else 0.0, happened, self._given_id(row)
        )

    def _did(self, row: Row, *, is_rated: bool, value: float | None) -> Kind | None:
        """What the reader did; None for nothing to store."""
        stated = self._kind(row, self._positions.get("kind"))
        if stated is Kind.RATING and not is_rated:
            report = self._columns.reports[self._positions["kind"]]
            report.count_refused(row.line, "a rating without a value")
            raise InvalidRow("a rating without a value")
        if self._cancelled and any(row.fields[position] not in _NOT_CANCELLED for position in self._cancelled):
            return None
        if self._quantity(row) <= 0:
            return None
        if value is not None and not (self._is_value and stated not in {Kind.RATING, _EMPTY}):
            return Kind.RATING
        if stated is Kind.RATING:
            return Kind.PURCHASE  # read, and not rated
        if stated is not _EMPTY:
            return stated if isinstance(stated, Kind) else None
        for position in self._status:
            status = self._kind(row, position)
            if status is not _EMPTY:
                return status if isinstance(status, Kind) else None
        return Kind.PURCHASE

    def _kind(self, row: Row, position: int | None) -> "Kind | _Empty | None":
        text = row.fields[position] if position is not None else None
        if position is None or not text or not text.strip():
            return _EMPTY
        report = self._columns.reports[position]
        try:
            found = self._read_kind(text)
        except Unreadable as reason:
            report.count_refused(row.line, str(reason))
            raise InvalidRow(f"{report.name} {reason}") from None
        report.count_read(text)
        return found

    def _rating(self, row: Row) -> tuple[float | None, bool]:
        """The rating, and whether there is a field that says whether there is one."""
        position = self._positions.get("rating")
        text = row.fields[position] if position is not None else None
        if position is None or not text or self._read_rating is None:
            return None, False
        if self._is_value and not _is_rating(row.fields[self._positions["kind"]]):
            return None, False
        report = self._columns.reports[position]
        try:
            value = self._read_rating(text)
        except Unreadable as reason:
            report.count_refused(row.line, str(reason))
            raise InvalidRow(f"{report.name} {reason}") from None
        report.count_read(text)
        return value, True

    def _quantity(self, row: Row) -> float:
        position = self._positions.get("quantity")
        if position is None:
            return 1
        text = plain(row.fields[position] or "")
        if not text:
            return 1
        report = self._columns.reports[position]
        try:
            number = float(text.replace(",", "."))
        except ValueError:
            report.count_refused(row.line, f"{text[:40]!r} is not a number")
            raise InvalidRow(f"{report.name} {text[:40]!r} is not a number") from None
        report.count_read(text)
        return number

    def _happened(self, row: Row) -> datetime | None:
        for position in self._moments:
            text = row.fields[position]
            if not text:
                continue
            report = self._columns.reports[position]
            try:
                found = dated(text, self._order)
            except Unreadable as reason:
                report.count_left_empty(row.line, str(reason))
                continue
            if found is None:
                continue
            if found.moment is None:
                report.count_left_empty(row.line, f"{text[:40]!r} is not a day")
                continue
            if found.moment > self._latest:
                report.count_refused(row.line, f"{text[:40]!r} is more than a day ahead")
                raise InvalidRow(f"{report.name} {text[:40]!r} is more than a day ahead")
            report.count_read(text)
            return found.moment
        return None

    def _given_id(self, row: Row) -> str:
        position = self._positions.get("interaction_id")
        if position is None:
            return ""
        text = plain(row.fields[position] or "")
        if text:
            report = self._columns.reports[position]
            if len(text) > MAX_ID:
                report.count_refused(row.line, f"longer than {MAX_ID} characters")
                raise InvalidRow(f"{report.name} is longer than {MAX_ID} characters")
            report.count_read(text)
        return text

    def _id(self, row: Row, meaning: str, read: Callable[[str], int | str]) -> int | str:
        position = self._positions[meaning]
        report = self._columns.reports[position]
        text = row.fields[position] or ""
        try:
            found = read(text)
        except Unreadable as reason:
            report.count_refused(row.line, str(reason))
            raise InvalidRow(f"{report.name} {reason}") from None
        report.count_read(text)
        return found


class _Empty:
    """A field that is empty."""


_EMPTY = _Empty()
