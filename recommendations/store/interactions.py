"""Interactions, in the order in which they were stored."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from math import nan
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Double, Row, Select, bindparam, exists, func, select, tuple_

from recommendations.domain.interactions import Event, HistoryPage, Interaction, InteractionKind, outranks
from recommendations.store.readers import Readers
from recommendations.store.schema import books, interactions
from servicekit.database.statements import COUNT_ROWS, insert_into

CHUNK = 250
"""Events per chunk: few enough for the processor's cache; with 50,000 a scan takes twice the time."""

IMPORTED = "import:"
"""What the ids of a file's interactions begin with, unless the file gives them ids."""

FETCHED = 2000
"""Rows per round trip to PostgreSQL."""

_undo = interactions.alias("undo")
# The undo may be stored before what it undoes. Merges have updated both readers.
_UNDONE = exists().where(
    _undo.c.undoes.is_not(None), _undo.c.undoes == interactions.c.id, _undo.c.reader_id == interactions.c.reader_id
)
_NOT_UNDO = interactions.c.kind != InteractionKind.UNDO


class Imported(NamedTuple):
    """How many interactions of a batch were new, and how many were skipped because their reader was forgotten."""

    new: int
    forgotten: int


class _Rating(NamedTuple):
    id: str
    value: float
    occurred_at: datetime | None

    def outranks(self, before: "_Rating", *, is_of_file: bool) -> bool:
        """Whether this rating of a file replaces an earlier one, which a file said too or the reader gave here."""
        return outranks(self.value, self.occurred_at, before.value, before.occurred_at, is_of_file=is_of_file)


def _rating_of(row: dict[str, Any]) -> _Rating:
    return _Rating(row["id"], row["value"], row["occurred_at"])


class Interactions:
    """The interactions table over one connection; reading leaves out undone interactions."""

    def __init__(self, connection: Connection, readers: Readers) -> None:
        self._connection = connection
        self._readers = readers

    def add(self, batch: Sequence[Interaction]) -> set[str]:
        """Store interactions with new ids, unless their reader was forgotten; returns the ids stored.

        An interaction of a merged reader is stored for the reader they were merged into. Of several with one id the
        first one wins. Needs a write transaction.
        """
        first: dict[str, Interaction] = {}
        for interaction in batch:
            first.setdefault(interaction.id, interaction)
        rows = self._rows(list(first.values()))
        if not rows:
            return set()
        return set(self._connection.scalars(self._insert().returning(interactions.c.id), rows))

    def add_imported(self, batch: Sequence[Interaction]) -> Imported:
        """Like `add`, for thousands of interactions of a file; returns only counts.

        Of ratings of one book by one reader the one with the later time counts. One without a time replaces what a
        file said, never what the reader did here.
        """
        rows = self._rows(batch)
        forgotten = len(batch) - len(rows)
        rows = self._counting(rows)
        if not rows:
            return Imported(new=0, forgotten=forgotten)
        # PostgreSQL's driver sends several statements, and sums their counts only on request.
        new = self._connection.execute(self._insert(), rows, execution_options=COUNT_ROWS).rowcount
        return Imported(new=new, forgotten=forgotten)

    def events_after(self, sequence: int) -> Iterator[list[Event]]:
        """The events after `sequence`, in order and in chunks, undos among them."""
        statement = self._events().where(interactions.c.sequence > sequence)
        rows_at_once = FETCHED if self._connection.dialect.name == "postgresql" else CHUNK
        rows = self._connection.execution_options(yield_per=rows_at_once).execute(statement)
        for chunk in rows.partitions(CHUNK):
            yield _events_of(chunk)

    def events_of(self, reader_id: int) -> list[Event]:
        """The events of one reader, in order."""
        statement = self._events().where(interactions.c.reader_id == reader_id, _NOT_UNDO)
        return _events_of(self._connection.execute(statement).all())

    def page(self, reader_id: int, *, before: int | None, limit: int) -> HistoryPage:
        """A page of one reader's interactions, the latest first, below the sequence number `before`."""
        statement = select(interactions).where(interactions.c.reader_id == reader_id, _NOT_UNDO, ~_UNDONE)
        if before is not None:
            statement = statement.where(interactions.c.sequence < before)
        # One more, to know whether there is another page.
        rows = self._connection.execute(statement.order_by(interactions.c.sequence.desc()).limit(limit + 1)).all()
        page = rows[:limit]
        return HistoryPage(tuple(map(_interaction, page)), page[-1].sequence if len(rows) > len(page) > 0 else None)

    def last_sequence(self) -> int:
        """The sequence number of the last event; 0 if there is none."""
        return self._connection.scalar(select(func.coalesce(func.max(interactions.c.sequence), 0))) or 0

    def of_unknown_books(self) -> int:
        """How many interactions name a book that is not in the catalogue."""
        known = select(books.c.book_id).where(books.c.book_id == interactions.c.book_id).exists()
        return self._connection.scalar(select(func.count()).select_from(interactions).where(_NOT_UNDO, ~known)) or 0

    def _rows(self, batch: Sequence[Interaction]) -> list[dict[str, Any]]:
        retired = self._readers.retired({interaction.reader_id for interaction in batch})
        readers = ((interaction, retired.get(interaction.reader_id, interaction.reader_id)) for interaction in batch)
        return [_row(interaction, reader_id) for interaction, reader_id in readers if reader_id is not None]

    def _counting(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows without ratings that others outrank: the last opinion that is stored is the one that counts."""
        best: dict[tuple[int, int], dict[str, Any]] = {}
        for row in rows:
            if row["kind"] == InteractionKind.RATING:
                pair = row["reader_id"], row["book_id"]
                before = best.get(pair)
                if before is None or _rating_of(row).outranks(_rating_of(before), is_of_file=True):
                    best[pair] = row
        if not best:
            return rows
        stored = self._ratings(best)
        for pair, row in list(best.items()):
            earlier = stored.get(pair, [])
            rating = _rating_of(row)
            if earlier and not rating.outranks(earlier[-1], is_of_file=earlier[-1].id.startswith(IMPORTED)):
                del best[pair]
            elif any(rating.id == before.id for before in earlier):
                row["id"] = f"{rating.id}:{len(earlier) + 1}"
        counting = set(map(id, best.values()))
        return [row for row in rows if row["kind"] != InteractionKind.RATING or id(row) in counting]

    def _ratings(self, pairs: Iterable[tuple[int, int]]) -> "dict[tuple[int, int], list[_Rating]]":
        """The ratings of these readers and books, in order."""
        columns = interactions.c
        # A literal, so that the databases know that the partial index has all of them.
        is_rating = columns.kind == bindparam("rating", int(InteractionKind.RATING), literal_execute=True)
        of_pairs = tuple_(columns.reader_id, columns.book_id).in_(list(pairs))
        stored = select(columns.reader_id, columns.book_id, columns.id, columns.value, columns.occurred_at)
        found: dict[tuple[int, int], list[_Rating]] = {}
        for reader_id, book_id, *rating in self._connection.execute(
            stored.where(is_rating, of_pairs, ~_UNDONE).order_by(columns.sequence)
        ):
            found.setdefault((reader_id, book_id), []).append(_Rating(*rating))
        return found

    def _insert(self) -> Any:
        return insert_into(self._connection, interactions).on_conflict_do_nothing(index_elements=["id"])

    def _events(self) -> Select[Any]:
        stored = (interactions.c[name] for name in Event._fields if name in interactions.c)
        return select(*stored, self._happened()).where(~_UNDONE).order_by(interactions.c.sequence)

    def _happened(self) -> ColumnElement[float]:
        """The time in seconds since 1970, to the millisecond."""
        if self._connection.dialect.name == "postgresql":
            return func.date_part("epoch", interactions.c.occurred_at, type_=Double)
        # strftime, which gives seconds directly, takes three times as long.
        return (func.julianday(interactions.c.occurred_at, type_=Double) - _JULIAN_1970) * _SECONDS_A_DAY


_JULIAN_1970 = 2_440_587.5
_SECONDS_A_DAY = 86_400.0


def _events_of(rows: Iterable[Any]) -> list[Event]:
    return [
        Event(sequence, reader_id, book_id, kind, value, nan if happened is None else happened)
        for sequence, reader_id, book_id, kind, value, happened in rows
    ]


def _row(interaction: Interaction, reader_id: int) -> dict[str, Any]:
    return {
        "id": interaction.id,
        "reader_id": reader_id,
        "book_id": interaction.book_id,
        "kind": interaction.kind,
        "value": interaction.value,
        "occurred_at": interaction.occurred_at,
        "recommendation_id": interaction.recommendation_id,
        "undoes": interaction.undoes or None,
    }


def _interaction(row: Row[Any]) -> Interaction:
    return Interaction(
        id=row.id,
        reader_id=row.reader_id,
        book_id=row.book_id,
        kind=InteractionKind(row.kind),
        value=row.value,
        occurred_at=row.occurred_at,
        recommendation_id=row.recommendation_id,
    )
