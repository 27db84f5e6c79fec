"""The outbox: events for other services, in the order in which they happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, true, update

from events.types import LIVE_TYPES, NOTICES_TYPES, EventData
from marketplace.domain.destinations import Delivery
from marketplace.domain.errors import DeliveryNotFound, EventNotFound
from marketplace.domain.events import (
    BUILT_IN,
    LIVE,
    NOTICES,
    RECOMMENDATIONS,
    Destination,
    Message,
    PublishedEvent,
    ShopEvent,
    destination_of,
)
from marketplace.store.outbox import events
from marketplace.store.outbox.destinations import StoredDestinations
from marketplace.store.schema import outbox
from servicekit.database.statements import is_any_of
from servicekit.tracing.context import HEADER
from servicekit.tracing.spans import recorded

_FAILED = outbox.c.refused_reason.is_not(None)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A waiting event as it is stored; `attempts` counts how often it failed when sent alone."""

    event_id: int
    kind: str
    payload: Any
    attempts: int = 0
    reader_id: int | None = None

    @property
    def traceparent(self) -> str | None:
        """The trace in which it was written; None if none was recorded."""
        kept = self.payload.get(HEADER) if isinstance(self.payload, dict) else None
        return kept if isinstance(kept, str) else None

    def event(self) -> ShopEvent:
        """Parse the event.

        Raises MalformedEvent.
        """
        event = events.from_json(self.kind, self.payload)
        return replace(event, sequence=self.event_id) if isinstance(event, PublishedEvent) else event


@dataclass(frozen=True, slots=True)
class OutboxLength:
    """The number of waiting events, the time of the oldest, and the number of failed ones."""

    waiting: int = 0
    oldest: datetime | None = None
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedEvent:
    """An event whose delivery failed for good; the reason may name a reader."""

    event_id: int
    destination: Destination
    kind: str
    reason: str
    created_at: datetime
    attempts: int


class Outbox:
    """The outbox, within one transaction."""

    def __init__(self, connection: Connection, *, has_live: bool = False) -> None:
        """`has_live` is whether there is a live to send events to."""
        self._connection = connection
        self._has_live = has_live

    def add(self, message: Message, *, created_at: datetime) -> None:
        self._connection.execute(insert(outbox).values(_row(message, destination_of(message), created_at)))

    def publish(self, *events_data: EventData, at: datetime) -> Sequence[int]:
        """Publish events to all destinations that receive their types; returns the ids of the rows."""
        receivers = {kind: self._receivers(kind) for kind in {data.type for data in events_data}}
        rows = []
        for data in events_data:
            event = PublishedEvent(str(uuid4()), at, data)
            rows += [_row(event, destination, at) for destination in receivers[data.type]]
        if not rows:
            return []
        return self._connection.execute(insert(outbox).returning(outbox.c.event_id), rows).scalars().all()

    def has_receivers(self, *kinds: type[EventData]) -> bool:
        """Whether any destination receives events of these types; if not, they need not be made."""
        return any(self._receivers(kind.type) for kind in kinds)

    def move(self, from_reader: int, into_reader: int) -> None:
        """Attach one reader's events to another, with whose data they are deleted; payloads still name the first."""
        statement = update(outbox).where(outbox.c.reader_id == from_reader)
        self._connection.execute(statement.values(reader_id=into_reader))

    def drop_of(self, reader_id: int) -> None:
        """Delete this reader's interactions, and published events that name them.

        Merges stay, or a receiver would keep a merged guest's history.
        """
        dropped = outbox.c.kind.in_(["interaction", "event"])
        self._connection.execute(delete(outbox).where(outbox.c.reader_id == reader_id, dropped))

    def waiting(self, limit: int, destination: Destination = RECOMMENDATIONS) -> list[OutboxRow]:
        """The oldest waiting events of a destination."""
        rows = self._connection.execute(
            select(outbox.c.event_id, outbox.c.kind, outbox.c.payload, outbox.c.attempts)
            .where(outbox.c.destination == destination.value, outbox.c.refused_reason.is_(None))
            .order_by(outbox.c.event_id)
            .limit(limit)
        )
        return [OutboxRow(*row) for row in rows]

    def lock(self, event_ids: Sequence[int]) -> list[OutboxRow]:
        """Those of these events that are still in the outbox, locked until the end of the transaction."""
        rows = self._connection.execute(
            select(outbox.c.event_id, outbox.c.kind, outbox.c.payload, outbox.c.attempts, outbox.c.reader_id)
            .where(is_any_of(self._connection, outbox.c.event_id, event_ids))
            .order_by(outbox.c.event_id)
            .with_for_update()
        )
        return [OutboxRow(*row) for row in rows]

    def remove(self, event_ids: Sequence[int]) -> None:
        self._connection.execute(delete(outbox).where(is_any_of(self._connection, outbox.c.event_id, event_ids)))

    def clear(self, destination: Destination) -> None:
        """Delete all events of a destination."""
        self._connection.execute(delete(outbox).where(outbox.c.destination == destination.value))

    def count_attempt(self, event_id: int) -> None:
        """Count a failed attempt to send an event alone."""
        statement = update(outbox).where(outbox.c.event_id == event_id)
        self._connection.execute(statement.values(attempts=outbox.c.attempts + 1))

    def mark_failed(self, reasons: Mapping[int, str]) -> None:
        """Dead-letter events, given by id with the reason; they stay in the table until retried."""
        for event_id, reason in reasons.items():
            statement = update(outbox).where(outbox.c.event_id == event_id)
            self._connection.execute(statement.values(refused_reason=reason))

    def failed(self, limit: int, offset: int = 0) -> list[FailedEvent]:
        """A page of the failed events, newest first."""
        rows = self._connection.execute(
            select(outbox).where(_FAILED).order_by(outbox.c.event_id.desc()).limit(limit).offset(offset)
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

    def has_failed(self, destination: Destination) -> bool:
        """Whether a destination has failed events."""
        failed = select(outbox.c.event_id).where(outbox.c.destination == destination.value, _FAILED).limit(1)
        return self._connection.execute(failed).first() is not None

    def repeat(self, destination: Destination, delivery: Delivery, *, at: datetime) -> None:
        """Deliver an event of the log again: a failed one in its old place, an accepted one after all others.

        Raises DeliveryNotFound if the event is not kept.
        """
        if self._requeue((outbox.c.event_id == delivery.outbox_id) & (outbox.c.destination == destination.value)):
            return
        try:
            event = events.from_json("event", delivery.payload)
        except events.MalformedEvent:
            raise DeliveryNotFound(f"the event of delivery {delivery.entry_id} is not kept") from None
        self._connection.execute(insert(outbox).values(_row(event, destination, at)))

    def retry(self, event_id: int) -> None:
        """Have a failed event wait again, at its original position.

        Raises EventNotFound.
        """
        if not self._requeue(outbox.c.event_id == event_id):
            raise EventNotFound(f"no failed event {event_id}")

    def retry_all(self, destination: Destination | None = None) -> int:
        """Have all failed events of one destination, or of all, wait again; returns how many."""
        return self._requeue(true() if destination is None else outbox.c.destination == destination.value)

    def lengths(self) -> dict[Destination, OutboxLength]:
        """The numbers of waiting and failed events of each destination, at least of those that every shop has."""
        failed = _FAILED.label("failed")
        columns = (outbox.c.destination, failed, func.count(), func.min(outbox.c.created_at))
        counted = {
            (destination, bool(is_failed)): (count, oldest)
            for destination, is_failed, count, oldest in self._connection.execute(
                select(*columns).group_by(outbox.c.destination, failed)
            )
        }
        nothing = (0, None)
        return {
            destination: OutboxLength(
                *counted.get((destination.value, False), nothing), counted.get((destination.value, True), nothing)[0]
            )
            for destination in dict.fromkeys([*BUILT_IN, *(Destination(name) for name, _ in counted)])
        }

    def length(self) -> OutboxLength:
        """The numbers of all destinations together."""
        lengths = self.lengths().values()
        return OutboxLength(
            waiting=sum(length.waiting for length in lengths),
            oldest=min((length.oldest for length in lengths if length.oldest), default=None),
            failed=sum(length.failed for length in lengths),
        )

    def _receivers(self, kind: str) -> list[Destination]:
        own = [NOTICES] if kind in NOTICES_TYPES else []
        if self._has_live and kind in LIVE_TYPES:
            own.append(LIVE)
        return [*own, *StoredDestinations(self._connection).receivers(kind)]

    def _requeue(self, condition: ColumnElement[bool]) -> int:
        statement = update(outbox).where(condition, _FAILED).values(refused_reason=None, attempts=0)
        return self._connection.execute(statement).rowcount


def _row(event: ShopEvent, destination: Destination, created_at: datetime) -> dict[str, Any]:
    traceparent = recorded()
    return {
        "destination": destination.value,
        "kind": events.kind_of(event),
        "payload": events.to_json(event) | ({HEADER: traceparent} if traceparent else {}),
        "reader_id": events.reader_of(event),
        "created_at": created_at,
    }
