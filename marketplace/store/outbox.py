"""What Recommendations must still be told, in the order in which it happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from marketplace.domain import ShopEvent
from marketplace.store import events
from marketplace.store.schema import outbox


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One event that waits, as it is stored."""

    event_id: int
    kind: str
    payload: Any

    def event(self) -> ShopEvent:
        """The event in it.

        Raises MalformedEvent.
        """
        return events.read(self.kind, self.payload)


@dataclass(frozen=True, slots=True)
class OutboxLength:
    """How many events wait, since when the oldest does, and how many were refused for good."""

    waiting: int
    oldest: datetime | None
    refused: int


class Outbox:
    """The outbox, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, event: ShopEvent, *, created_at: datetime) -> None:
        """Put an event behind the others."""
        row = {
            "kind": events.kind_of(event),
            "payload": events.written(event),
            "reader_id": events.reader_of(event),
            "created_at": created_at,
        }
        self._connection.execute(insert(outbox).values(row))

    def move(self, from_reader: int, into_reader: int) -> None:
        """Make one reader's events another's to be forgotten with; they still tell of the first."""
        moving = update(outbox).where(outbox.c.reader_id == from_reader)
        self._connection.execute(moving.values(reader_id=into_reader))

    def drop_interactions(self, reader_id: int) -> None:
        """Take out what this reader did; that they were merged is still to be told, or a part would be kept."""
        theirs = delete(outbox).where(outbox.c.reader_id == reader_id, outbox.c.kind == events.INTERACTION)
        self._connection.execute(theirs)

    def waiting(self, limit: int) -> list[OutboxRow]:
        """The oldest events that wait."""
        rows = self._connection.execute(
            select(outbox.c.event_id, outbox.c.kind, outbox.c.payload)
            .where(outbox.c.refused_reason.is_(None))
            .order_by(outbox.c.event_id)
            .limit(limit)
        )
        return [OutboxRow(row.event_id, row.kind, row.payload) for row in rows]

    def remove(self, event_ids: Sequence[int]) -> None:
        """Take delivered events out."""
        self._connection.execute(delete(outbox).where(outbox.c.event_id.in_(event_ids)))

    def refuse(self, reasons: Mapping[int, str]) -> None:
        """Set events aside, by id with the reason; they stay in the table and wait no more."""
        for event_id, reason in reasons.items():
            refused = update(outbox).where(outbox.c.event_id == event_id).values(refused_reason=reason)
            self._connection.execute(refused)

    def length(self) -> OutboxLength:
        """How full it is."""
        count = select(func.count(), func.min(outbox.c.created_at))
        waiting, oldest = self._connection.execute(count.where(outbox.c.refused_reason.is_(None))).one()
        refused = self._connection.execute(count.where(outbox.c.refused_reason.is_not(None))).one()[0]
        return OutboxLength(waiting=waiting, oldest=oldest, refused=refused)
