"""The log of deliveries: what became of the latest events of each destination of published events."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from marketplace.domain.destinations import Delivery
from marketplace.domain.errors import DeliveryNotFound
from marketplace.domain.events import Destination
from marketplace.domain.moderation import TablePage
from marketplace.store.outbox.events import MUST_ARRIVE
from marketplace.store.outbox.outbox import OutboxRow
from marketplace.store.schema import event_log

KEPT_ENTRIES = 1_000
"""How many entries of a destination are kept, and for how long."""
KEPT_TIME = timedelta(days=7)


class EventLog:
    """The log of deliveries, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, destination: Destination, row: OutboxRow, error: str | None, *, attempts: int, at: datetime
    ) -> None:
        """Log what became of an event: accepted, or failed for good with this error.

        What remains when a reader's data is deleted must not name the reader: such events are logged without payload.
        """
        payload = row.payload if isinstance(row.payload, dict) else {}
        entry = {
            "destination": destination.value,
            "event_id": str(payload.get("id", "")),
            "type": str(payload.get("type", "")),
            "payload": None if payload.get("type") in MUST_ARRIVE else payload,
            "reader_id": row.reader_id,
            "at": at,
            "attempts": attempts,
            "error": error,
            "outbox_id": row.event_id,
        }
        self._connection.execute(insert(event_log).values(entry))

    def page(self, destination: Destination, *, limit: int, offset: int = 0) -> TablePage[Delivery]:
        """A page of a destination's entries, newest first."""
        of = event_log.c.destination == destination.value
        total = self._connection.execute(select(func.count()).select_from(event_log).where(of)).scalar_one()
        newest = select(event_log).where(of).order_by(event_log.c.entry_id.desc())
        rows = self._connection.execute(newest.limit(limit).offset(offset))
        return TablePage(tuple(_delivery(row) for row in rows), total)

    def get(self, destination: Destination, entry_id: int) -> Delivery:
        """An entry of a destination.

        Raises DeliveryNotFound.
        """
        is_entry = (event_log.c.entry_id == entry_id) & (event_log.c.destination == destination.value)
        row = self._connection.execute(select(event_log).where(is_entry)).first()
        if row is None:
            raise DeliveryNotFound(f"no delivery {entry_id}")
        return _delivery(row)

    def prune(self, moment: datetime) -> None:
        """Delete the entries that are neither among the latest of their destination nor recent enough."""
        self._connection.execute(delete(event_log).where(event_log.c.at < moment - KEPT_TIME))
        for name in self._connection.execute(select(event_log.c.destination).distinct()).scalars().all():
            of = event_log.c.destination == name
            oldest = select(event_log.c.entry_id).where(of).order_by(event_log.c.entry_id.desc())
            last = self._connection.execute(oldest.offset(KEPT_ENTRIES).limit(1)).scalar()
            if last is not None:
                self._connection.execute(delete(event_log).where(of, event_log.c.entry_id <= last))

    def move(self, from_reader: int, into_reader: int) -> None:
        """Attach one reader's entries to another, with whose data they are deleted."""
        statement = update(event_log).where(event_log.c.reader_id == from_reader)
        self._connection.execute(statement.values(reader_id=into_reader))

    def remove_of(self, reader_id: int) -> None:
        self._connection.execute(delete(event_log).where(event_log.c.reader_id == reader_id))


def _delivery(row: Any) -> Delivery:
    return Delivery(
        entry_id=row.entry_id,
        event_id=row.event_id,
        type=row.type,
        at=row.at,
        attempts=row.attempts,
        error=row.error,
        outbox_id=row.outbox_id,
        payload=row.payload,
    )
