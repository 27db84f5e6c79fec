"""What readers did, in the order in which it was stored."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from recommendations.domain import Event, Interaction
from recommendations.store.schema import books, interactions
from servicekit.database import COUNTING, insert_into

CHUNK = 50_000


class Interactions:
    """The interactions table over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, batch: Sequence[Interaction]) -> set[str]:
        """Store those whose ids are new; returns these ids. Needs a write transaction."""
        if not batch:
            return set()
        # Within a batch too, the first of an id counts.
        first: dict[str, Interaction] = {}
        for interaction in batch:
            first.setdefault(interaction.id, interaction)
        statement = self._insert().returning(interactions.c.id)
        return set(self._connection.scalars(statement, [_row(interaction) for interaction in first.values()]))

    def add_many(self, batch: Sequence[Interaction]) -> int:
        """Like `add` for thousands of them, but returns only how many were new."""
        # PostgreSQL's driver sends several statements, whose counts are added up only when asked for.
        rows = [_row(interaction) for interaction in batch]
        return self._connection.execute(self._insert(), rows, execution_options=COUNTING).rowcount

    def events_after(self, sequence: int) -> Iterator[list[Event]]:
        """The events after `sequence`, in order and in chunks."""
        columns = (interactions.c[name] for name in Event._fields)
        statement = select(*columns).where(interactions.c.sequence > sequence).order_by(interactions.c.sequence)
        rows = self._connection.execution_options(yield_per=CHUNK).execute(statement)
        for chunk in rows.partitions():
            yield [Event._make(row) for row in chunk]

    def last_sequence(self) -> int:
        """The sequence number of the last event; 0 where there is none."""
        return self._connection.scalar(select(func.coalesce(func.max(interactions.c.sequence), 0))) or 0

    def of_unknown_books(self) -> int:
        """How many interactions name a book that is not in the catalogue."""
        known = select(books.c.book_id).where(books.c.book_id == interactions.c.book_id).exists()
        return self._connection.scalar(select(func.count()).select_from(interactions).where(~known)) or 0

    def _insert(self) -> Any:
        return insert_into(self._connection, interactions).on_conflict_do_nothing(index_elements=["id"])


def _row(interaction: Interaction) -> dict[str, Any]:
    return {
        "id": interaction.id,
        "reader_id": interaction.reader_id,
        "book_id": interaction.book_id,
        "kind": interaction.kind,
        "value": interaction.value,
        "occurred_at": interaction.occurred_at,
        "recommendation_id": interaction.recommendation_id,
    }
