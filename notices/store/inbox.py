"""The inbox: which events have been accepted, and which readers are gone."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from notices.store.schema import inbox, messages, tombstones
from servicekit.database.statements import COUNT_ROWS, insert_into


class Inbox:
    """The inbox, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, event_id: str, *, at: datetime) -> bool:
        """Note that an event is accepted; False if it was accepted before."""
        inserting = insert_into(self._connection, inbox).values(event_id=event_id, received_at=at)
        # A transaction that is accepting the same event is waited for.
        statement = inserting.on_conflict_do_nothing(index_elements=["event_id"])
        return self._connection.execute(statement, execution_options=COUNT_ROWS).rowcount == 1

    def current_reader(self, reader_id: int) -> int | None:
        """The reader who has this one's data now, perhaps after merges; None if they were deleted."""
        seen: set[int] = set()
        current: int | None = reader_id
        while current is not None and current not in seen:
            seen.add(current)
            row = self._connection.execute(
                select(tombstones.c.into_reader).where(tombstones.c.reader_id == current)
            ).one_or_none()
            if row is None:
                return current
            current = row.into_reader
        return None

    def bury(self, reader_id: int, *, into: int | None, at: datetime) -> None:
        """Leave a tombstone of a reader who was deleted or merged."""
        row = {"into_reader": into, "created_at": at}
        inserting = insert_into(self._connection, tombstones).values(reader_id=reader_id, **row)
        self._connection.execute(inserting.on_conflict_do_update(index_elements=["reader_id"], set_=row))

    def prune(self, before: datetime) -> None:
        """Delete events and tombstones of that time, but no event whose messages are kept."""
        is_kept = select(messages.c.event_id).where(messages.c.event_id == inbox.c.event_id).exists()
        self._connection.execute(delete(inbox).where(inbox.c.received_at < before, ~is_kept))
        self._connection.execute(delete(tombstones).where(tombstones.c.created_at < before))
