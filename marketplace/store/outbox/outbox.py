"""What others must still be told, in the order in which it happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, true, update

from marketplace.domain.errors import EventNotFound
from marketplace.domain.events import Destination, ShopEvent, destination_of
from marketplace.store.outbox import events
from marketplace.store.schema import outbox

_SET_ASIDE = outbox.c.refused_reason.is_not(None)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One event that waits, as it is stored; `attempts` is how often it broke the destination by itself."""

    event_id: int
    kind: str
    payload: Any
    attempts: int = 0

    def event(self) -> ShopEvent:
        """The event in it.

        Raises MalformedEvent.
        """
        return events.read(self.kind, self.payload)


@dataclass(frozen=True, slots=True)
class OutboxLength:
    """How many events wait, since when the oldest does, and how many were set aside."""

    waiting: int = 0
    oldest: datetime | None = None
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedEvent:
    """One event that was set aside, and why; the reason may name a reader."""

    event_id: int
    destination: Destination
    kind: str
    reason: str
    created_at: datetime
    attempts: int


class Outbox:
    """The outbox, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, event: ShopEvent, *, created_at: datetime) -> None:
        """Put an event behind the others."""
        row = {
            "destination": destination_of(event).value,
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

    def waiting(self, limit: int, destination: Destination = Destination.RECOMMENDATIONS) -> list[OutboxRow]:
        """The oldest events that wait for one destination."""
        rows = self._connection.execute(
            select(outbox.c.event_id, outbox.c.kind, outbox.c.payload, outbox.c.attempts)
            .where(outbox.c.destination == destination.value, outbox.c.refused_reason.is_(None))
            .order_by(outbox.c.event_id)
            .limit(limit)
        )
        return [OutboxRow(*row) for row in rows]

    def remove(self, event_ids: Sequence[int]) -> None:
        """Take delivered events out."""
        self._connection.execute(delete(outbox).where(outbox.c.event_id.in_(event_ids)))

    def count_attempt(self, event_id: int) -> None:
        """Note that an event broke its destination once more."""
        one = update(outbox).where(outbox.c.event_id == event_id)
        self._connection.execute(one.values(attempts=outbox.c.attempts + 1))

    def mark_failed(self, reasons: Mapping[int, str]) -> None:
        """Set events aside, by id with the reason; they stay in the table and wait no more."""
        for event_id, reason in reasons.items():
            refused = update(outbox).where(outbox.c.event_id == event_id).values(refused_reason=reason)
            self._connection.execute(refused)

    def failed(self, limit: int, offset: int = 0) -> list[FailedEvent]:
        """Events that were set aside, the newest first."""
        rows = self._connection.execute(
            select(outbox).where(_SET_ASIDE).order_by(outbox.c.event_id.desc()).limit(limit).offset(offset)
        )
        return [
            FailedEvent(
                event_id=row.event_id,
                destination=Destination(row.destination),
                kind=row.kind,
                reason=row.refused_reason,
                created_at=row.created_at,
                attempts=row.attempts,
            )
            for row in rows
        ]

    def retry(self, event_id: int) -> None:
        """Have an event that was set aside wait again, at the place in the order that it always had.

        Raises EventNotFound.
        """
        if not self._wait_again(outbox.c.event_id == event_id):
            raise EventNotFound(f"no event {event_id} was set aside")

    def retry_all(self, destination: Destination | None = None) -> int:
        """Likewise all of one destination, or of every one; returns how many they are."""
        return self._wait_again(true() if destination is None else outbox.c.destination == destination.value)

    def discard(self, event_id: int) -> None:
        """Take an event that was set aside out: nobody will be told.

        Raises EventNotFound.
        """
        discarding = delete(outbox).where(outbox.c.event_id == event_id, _SET_ASIDE)
        if not self._connection.execute(discarding).rowcount:
            raise EventNotFound(f"no event {event_id} was set aside")

    def lengths(self) -> dict[Destination, OutboxLength]:
        """How full it is, for each destination."""
        aside = _SET_ASIDE.label("aside")
        counting = select(outbox.c.destination, aside, func.count(), func.min(outbox.c.created_at))
        counted = {
            (destination, bool(is_aside)): (count, oldest)
            for destination, is_aside, count, oldest in self._connection.execute(
                counting.group_by(outbox.c.destination, aside)
            )
        }
        nothing = (0, None)
        return {
            each: OutboxLength(
                *counted.get((each.value, False), nothing), counted.get((each.value, True), nothing)[0]
            )
            for each in Destination
        }

    def length(self) -> OutboxLength:
        """How full it is altogether."""
        lengths = self.lengths().values()
        return OutboxLength(
            waiting=sum(each.waiting for each in lengths),
            oldest=min((each.oldest for each in lengths if each.oldest), default=None),
            failed=sum(each.failed for each in lengths),
        )

    def _wait_again(self, which: ColumnElement[bool]) -> int:
        again = update(outbox).where(which, _SET_ASIDE).values(refused_reason=None, attempts=0)
        return self._connection.execute(again).rowcount
