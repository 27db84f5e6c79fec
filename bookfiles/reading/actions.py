"""What the reader did, from the columns of a row that say so."""

from enum import Enum
from functools import lru_cache

from bookfiles.columns.meanings import folded
from bookfiles.errors import Unreadable
from bookfiles.form.rows import Row
from bookfiles.reading.columns import Columns
from bookfiles.values.kinds import Kind, kind
from bookfiles.values.text import stated

_NOT_CANCELLED = frozenset(["", "0", "0.0", "false", "f", "no", "n", "0000-00-00", "0000-00-00 00:00:00"])


class _Said(Enum):
    """What a field says instead of a kind."""

    NOTHING = "nothing"
    DOES_NOT_COUNT = "does not count"


class Actions:
    """Reads what was done from the columns of kinds, status, cancellations and quantities."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._positions = {meaning: positions[0] for meaning, positions in columns.positions.items() if positions}
        self._status = columns.positions["status"]
        self._cancelled = columns.positions["cancelled"]
        self._read_kind = lru_cache(maxsize=1_000)(_kind)
        self.only_ratings_have_values = {"kind", "rating"} <= set(self._positions) and (
            folded(columns.header[self._positions["rating"]]) == "value"
        )
        """Whether it is our own form `kind,value`."""

    def action(self, row: Row, value: float | None) -> Kind | None:
        """What the reader did; None for nothing to store."""
        event = self._said(row, self._positions.get("kind"))
        if event is Kind.RATING and value is None:
            event = self._unrated(row)
        if self._is_taken_back(row):
            return None
        if value is not None and (event in {Kind.RATING, _Said.NOTHING} or not self.only_ratings_have_values):
            return Kind.RATING
        positions = iter(self._status)
        while event is _Said.NOTHING and (position := next(positions, None)) is not None:
            event = self._said(row, position)
        match event:
            case _Said.NOTHING:
                return Kind.PURCHASE
            case _Said.DOES_NOT_COUNT:
                return None
            case _:
                return event

    def _unrated(self, row: Row) -> Kind:
        """What a rating is whose value is 0: the book was read. Raises InvalidRow if it has no value at all."""
        at = self._positions.get("rating")
        if at is None or not stated(row.fields[at] or ""):
            raise self._columns.invalid(row, self._positions["kind"], "is a rating, and has no value")
        return Kind.PURCHASE

    def _is_taken_back(self, row: Row) -> bool:
        for position in self._cancelled:
            field = row.fields[position]
            if field and stated(field).casefold() not in _NOT_CANCELLED:
                self._columns.reports[position].count_read(field)
                return True
        return self._quantity(row) <= 0

    def _said(self, row: Row, position: int | None) -> "Kind | _Said":
        field = row.fields[position] if position is not None else None
        if position is None or not field:
            return _Said.NOTHING
        try:
            found = self._read_kind(field)
        except Unreadable as reason:
            raise self._columns.invalid(row, position, reason) from None
        if found is not _Said.NOTHING:
            self._columns.reports[position].count_read(field)
        return found

    def _quantity(self, row: Row) -> float:
        position = self._positions.get("quantity")
        field = stated(row.fields[position] or "") if position is not None else ""
        if position is None or not field:
            return 1
        try:
            number = float(field.replace(",", "."))
        except ValueError:
            raise self._columns.invalid(row, position, f"{field[:40]!r} is not a number") from None
        self._columns.reports[position].count_read(field)
        return number


def _kind(field: str) -> Kind | _Said:
    if not stated(field):
        return _Said.NOTHING
    return kind(field) or _Said.DOES_NOT_COUNT
