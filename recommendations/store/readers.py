"""Retired reader ids: of readers who were merged into another, or forgotten."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from recommendations.domain.interactions import RetiredReader
from recommendations.store.schema import interactions, tombstones


class Readers:
    """The tombstones over one connection.

    Chains are resolved when they form: no reader that another was merged into has a tombstone of its own.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def retired(self, reader_ids: Iterable[int]) -> dict[int, int | None]:
        """The retired ones among the ids, with the reader that each was merged into, None where it was forgotten."""
        return dict(reader for reader, _ in self._read(tombstones.c.reader_id.in_(list(reader_ids))))

    def merge(self, reader_id: int, into: int) -> None:
        """Merge one reader into another, permanently; a reader merged into a forgotten one is forgotten too.

        Merging a retired reader changes nothing, nor does merging a reader into the one that it was merged into
        already. Needs a write transaction.
        """
        retired = self.retired([reader_id, into])
        target = retired.get(into, into)
        if reader_id in retired or target == reader_id:
            return
        self._retire(reader_id, target)

    def forget(self, reader_id: int) -> None:
        """Delete a reader's history, and retire everyone merged into them; a tombstone with nothing but the id stays.

        The history of a merged reader cannot be told from that of the reader it was merged into, so that both go.
        Needs a write transaction.
        """
        person = self.retired([reader_id]).get(reader_id, reader_id)
        if person is not None:
            self._retire(person, None)

    def revision(self) -> int:
        """The number of the latest change; 0 before the first."""
        return self._connection.scalar(select(func.coalesce(func.max(tombstones.c.revision), 0))) or 0

    def retired_since(self, revision: int) -> tuple[list[RetiredReader], int]:
        """Who was retired, or merged into another reader than before, after `revision`, and the new revision."""
        rows = self._read(tombstones.c.revision > revision)
        return [reader for reader, _ in rows], max((reached for _, reached in rows), default=revision)

    def _read(self, which: ColumnElement[bool]) -> list[tuple[RetiredReader, int]]:
        columns = (tombstones.c.reader_id, tombstones.c.into_reader_id, tombstones.c.revision)
        rows = self._connection.execute(select(*columns).where(which).order_by(tombstones.c.revision))
        return [(RetiredReader(row.reader_id, row.into_reader_id), row.revision) for row in rows]

    def _retire(self, reader_id: int, into: int | None) -> None:
        """Merge a reader, and everyone merged into them, into another, or forget them."""
        theirs = interactions.c.reader_id == reader_id
        if into is None:
            self._connection.execute(delete(interactions).where(theirs))
        else:
            self._connection.execute(update(interactions).where(theirs).values(reader_id=into))
        tombstone: dict[str, Any] = {"into_reader_id": into, "revision": self.revision() + 1}
        self._connection.execute(update(tombstones).where(tombstones.c.into_reader_id == reader_id).values(tombstone))
        self._connection.execute(insert(tombstones).values(reader_id=reader_id, **tombstone))
