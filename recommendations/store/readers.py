"""The reader ids that are no more."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from recommendations.domain.interactions import RetiredReader
from recommendations.store.schema import interactions, tombstones


class Readers:
    """The tombstones over one connection.

    Chains are resolved as they come up: no reader that somebody was merged into has a tombstone of its own.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def retired(self, reader_ids: Iterable[int]) -> dict[int, int | None]:
        """Those of the ids that are no more, with the reader that each became, None where it was forgotten."""
        rows = self._departures(tombstones.c.reader_id.in_(list(reader_ids)))
        return {departure.reader_id: departure.into for departure, _ in rows}

    def merge(self, reader_id: int, into: int) -> None:
        """Make all that one reader did another's, for ever; into a forgotten reader is to be forgotten too.

        A reader that is no more has nothing left to be merged: that changes nothing, nor does merging a reader
        into what it became. Needs a write transaction.
        """
        departed = self.retired([reader_id, into])
        target = departed.get(into, into)
        if reader_id in departed or target == reader_id:
            return
        self._depart(reader_id, target)

    def forget(self, reader_id: int) -> None:
        """Delete all that a reader did, and whoever was merged into them; a tombstone of the bare id stays.

        What a merged reader did cannot be told from what the reader did that they became: with them goes that
        one. Needs a write transaction.
        """
        person = self.retired([reader_id]).get(reader_id, reader_id)
        if person is not None:
            self._depart(person, None)

    def revision(self) -> int:
        """The number of the latest departure; 0 before the first."""
        return self._connection.scalar(select(func.coalesce(func.max(tombstones.c.revision), 0))) or 0

    def retired_since(self, revision: int) -> tuple[list[RetiredReader], int]:
        """Who departed, or departed anew, after `revision`, and the revision that this answer reaches."""
        rows = self._departures(tombstones.c.revision > revision)
        return [departure for departure, _ in rows], max((reached for _, reached in rows), default=revision)

    def _departures(self, which: ColumnElement[bool]) -> list[tuple[RetiredReader, int]]:
        columns = (tombstones.c.reader_id, tombstones.c.into_reader_id, tombstones.c.revision)
        rows = self._connection.execute(select(*columns).where(which).order_by(tombstones.c.revision))
        return [(RetiredReader(row.reader_id, row.into_reader_id), row.revision) for row in rows]

    def _depart(self, reader_id: int, into: int | None) -> None:
        """Let a reader, and whoever was merged into them, become another, or nobody."""
        theirs = interactions.c.reader_id == reader_id
        if into is None:
            self._connection.execute(delete(interactions).where(theirs))
        else:
            self._connection.execute(update(interactions).where(theirs).values(reader_id=into))
        became: dict[str, Any] = {"into_reader_id": into, "revision": self.revision() + 1}
        self._connection.execute(update(tombstones).where(tombstones.c.into_reader_id == reader_id).values(became))
        self._connection.execute(insert(tombstones).values(reader_id=reader_id, **became))
