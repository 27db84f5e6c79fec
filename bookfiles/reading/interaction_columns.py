"""Judges the columns of a file of interactions by all their values."""

from dataclasses import dataclass, field
from functools import lru_cache

from bookfiles.columns.harmless import is_harmless
from bookfiles.columns.interactions import SENSE
from bookfiles.columns.meanings import folded
from bookfiles.errors import InvalidFile, Unreadable
from bookfiles.form.rows import Row, Table
from bookfiles.reading.columns import Columns
from bookfiles.reading.converting import Progress, judged_rows
from bookfiles.reading.options import Options
from bookfiles.values.dates import is_moment
from bookfiles.values.day_orders import DayOrder, DayOrders
from bookfiles.values.kinds import Kind, kind
from bookfiles.values.ratings import Scale, Scales
from bookfiles.values.text import stated

_SAMPLED = 200
_MARKS = 21
_IDS = ("user_id", "book_id")
_ONE_OF = ("rating", "kind", "quantity")
"""Meanings of which a second column could say something else."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was judged over all rows: the order of day and month, and the scale of ratings, if there are any."""

    order: DayOrder
    scale: Scale | None


def judge(table: Table, name: str, columns: Columns, options: Options, progress: Progress) -> Judged:
    """Judge the columns, and keep one for each meaning that has only one.

    Raises InvalidFile if one could change the sense of a row and is not understood.
    """
    seen = _Seen(table, columns)
    if seen.is_needed:
        for row in judged_rows(table, progress):
            seen.add(row)
    for meaning, filled in seen.filled.items():
        columns.choose(meaning, filled, seen.rows)
    for position, column in seen.unknown.items():
        _refuse_if_it_counts(name, table.header[position], column)
    for meaning in _ONE_OF:
        columns.positions[meaning] = columns.positions[meaning][:1]
    best = next((entry.detail for entry in options.mapped if entry.meaning == "rating" and entry.detail), "")
    try:
        scale = Scale(float(best)) if best else seen.scales.scale if seen.scales else None
    except InvalidFile as reason:
        raise InvalidFile(f"{name}: {reason}") from None
    return Judged(options.order or seen.days.order, scale)


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
        return len(self.values) <= _MARKS and all(map(_is_mark, self.values))


def _is_mark(value: str) -> bool:
    try:
        return -1 <= float(value.replace(",", ".")) <= 10  # noqa: PLR2004  (the most usual scales)
    except ValueError:
        return False


class _Seen:
    """What is seen of columns that cannot be judged row by row."""

    def __init__(self, table: Table, columns: Columns) -> None:
        self.days = DayOrders()
        self._moments = columns.positions["occurred_at"]
        self._rating = next(iter(columns.positions["rating"]), None)
        self._kind = next(iter(columns.positions["kind"]), None)
        self.scales = Scales(table.header[self._rating]) if self._rating is not None else None
        candidates = {meaning: columns.positions[meaning] for meaning in _IDS}
        self.filled = {
            meaning: dict.fromkeys(positions, 0) for meaning, positions in candidates.items() if len(positions) > 1
        }
        self.rows = 0
        known = {
            position
            for meaning, positions in columns.positions.items()
            for position in (positions[:1] if meaning in _ONE_OF else positions)
        }
        self.unknown = {
            position: _Unknown()
            for position, column in enumerate(table.header)
            if position not in known and position not in columns.overruled and not _is_left_out(column, columns)
        }
        self._sampled = dict(self.unknown)
        self._ratings: set[str] = set()

    @property
    def is_needed(self) -> bool:
        """Whether there is any such column."""
        return bool(self._moments or self.scales or self.unknown or self.filled)

    def add(self, row: Row) -> None:
        """Take one row into account."""
        fields = row.fields
        self.rows += 1
        if self._rating is not None and (rating := fields[self._rating]):
            self._add_rating(rating, fields[self._kind] if self._kind is not None else None)
        for position in self._moments:
            moment = fields[position]
            # Only dates with slashes, or with the year at the end, say which comes first.
            if moment and ("/" in moment or moment[1:2] == "-" or moment[2:3] == "-"):
                self.days.add(moment)
        for filled in self.filled.values():
            for position in filled:
                filled[position] += bool(fields[position])
        for position, column in list(self._sampled.items()):
            if (value := fields[position]) and (said := stated(value)):
                column.values.add(said)
                if len(column.values) == _SAMPLED:
                    del self._sampled[position]

    def _add_rating(self, rating: str, event: str | None) -> None:
        # The value of another kind than a rating is none.
        if self.scales and rating not in self._ratings and is_rating(event):
            if len(self._ratings) < _SAMPLED:
                self._ratings.add(rating)
            self.scales.add(rating)


def _is_left_out(column: str, columns: Columns) -> bool:
    name = folded(column)
    return name in columns.ignored or is_harmless(name)


def _refuse_if_it_counts(name: str, column: str, seen: _Unknown) -> None:
    if not seen.values:
        return
    if any(part in folded(column) for part in SENSE) or (column and seen.looks_like_opinion()):
        raise InvalidFile(
            f'{name}: the column {column!r} could change what a row says; say what it is, as --map "{column}=rating" '
            f'(or kind, status, quantity, occurred_at), or leave it out with --map "{column}="'
        )


@lru_cache(maxsize=1_000)
def is_rating(event: str | None) -> bool:
    """Whether a field of kinds says that the row is a rating, or nothing."""
    try:
        return not event or not stated(event) or kind(event) is Kind.RATING
    except Unreadable:
        return False
