"""Converts the rows of a file of interactions."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import NamedTuple

from bookfiles.columns.meanings import folded
from bookfiles.errors import Unreadable
from bookfiles.form.rows import Row
from bookfiles.reading.actions import Actions
from bookfiles.reading.columns import Columns
from bookfiles.reading.interaction_columns import Judged, is_rating
from bookfiles.reading.options import Options
from bookfiles.values.dates import dated
from bookfiles.values.identifiers import identifier
from bookfiles.values.kinds import Kind
from bookfiles.values.ratings import BEST
from bookfiles.values.text import plain

MAX_ID = 100
_DAY = timedelta(days=1)


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


class InteractionRows:
    """Converts the rows of one file."""

    def __init__(self, columns: Columns, options: Options, judged: Judged) -> None:
        self._columns = columns
        self._positions = {meaning: positions[0] for meaning, positions in columns.positions.items() if positions}
        self._latest = options.now + _DAY
        self._moments = columns.positions["occurred_at"]
        self._of_order = [at for name in ("status", "cancelled", "occurred_at") for at in columns.positions[name]]
        self._order_fields: Sequence[str | None] = ()
        self._reader = identifier(options.reader, is_book=False) if options.reader else None
        is_isbn = folded(columns.header[self._positions["book_id"]]).startswith("isbn")
        self._read_reader = lru_cache(maxsize=1_000_000)(partial(identifier, is_book=False))
        self._read_book = lru_cache(maxsize=1_000_000)(partial(identifier, is_book=True, is_isbn=is_isbn))
        self._read_rating = lru_cache(maxsize=1_000)(judged.scale.rating) if judged.scale else None
        self._days = judged.order
        self._actions = Actions(columns)
        self._is_told = bool({"kind", "rating", "status", "cancelled", "quantity"} & set(self._positions))
        self.shown: dict[str, str] = {}
        self.notes: list[str] = []
        if judged.scale and judged.scale.best != BEST:
            self.shown["rating"] = f"rating, of {judged.scale.best:g}"
            self.notes.append(f"ratings are on a scale of {judged.scale.best:g}, and are converted to one of 5")

    def read(self, row: Row) -> InteractionRecord | None:
        """The record of a row; None for one that says nothing to store."""
        reader = self._reader if self._reader is not None else self._id(row, "user_id", self._read_reader)
        book = self._id(row, "book_id", self._read_book)
        if "order" in self._positions:
            row = self._with_order(row)
        happened = self._happened(row)
        value = self._rating(row) if self._read_rating else None
        did = self._actions.action(row, value) if self._is_told else Kind.PURCHASE
        if did is None:
            return None
        return InteractionRecord(
            reader, book, did.value, value or 0.0 if did is Kind.RATING else 0.0, happened, self._given_id(row)
        )

    def _with_order(self, row: Row) -> Row:
        """The row with what only the first row of its order says, as Shopify writes them."""
        at = self._positions["order"]
        fields = row.fields
        if fields[at] and self._order_fields and fields[at] == self._order_fields[at]:
            completed = list(fields)
            for position in self._of_order:
                completed[position] = fields[position] or self._order_fields[position]
            return Row(row.line, completed)
        self._order_fields = fields
        return row

    def _rating(self, row: Row) -> float | None:
        position = self._positions.get("rating")
        field = row.fields[position] if position is not None else None
        if position is None or not field or self._read_rating is None:
            return None
        if self._actions.only_ratings_have_values and not is_rating(row.fields[self._positions["kind"]]):
            return None
        try:
            value = self._read_rating(field)
        except Unreadable as reason:
            raise self._columns.invalid(row, position, reason) from None
        self._columns.reports[position].count_read(field)
        return value

    def _happened(self, row: Row) -> datetime | None:
        for position in self._moments:
            field = row.fields[position]
            if not field:
                continue
            report = self._columns.reports[position]
            try:
                found = dated(field, self._days)
            except Unreadable as reason:
                report.count_left_empty(row.line, str(reason))
                continue
            if found is None:
                continue
            if found.moment is None:
                report.count_left_empty(row.line, f"{field[:40]!r} is not a day")
                continue
            if found.moment > self._latest:
                raise self._columns.invalid(row, position, f"{field[:40]!r} is more than a day ahead")
            report.count_read(field)
            return found.moment
        return None

    def _given_id(self, row: Row) -> str:
        position = self._positions.get("interaction_id")
        if position is None:
            return ""
        text = plain(row.fields[position] or "")
        if len(text) > MAX_ID:
            raise self._columns.invalid(row, position, f"is longer than {MAX_ID} characters")
        if text:
            self._columns.reports[position].count_read(text)
        return text

    def _id(self, row: Row, meaning: str, read: Callable[[str], int | str]) -> int | str:
        position = self._positions[meaning]
        field = row.fields[position] or ""
        try:
            found = read(field)
        except Unreadable as reason:
            raise self._columns.invalid(row, position, reason) from None
        self._columns.reports[position].count_read(field)
        return found
