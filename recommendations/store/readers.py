"""Retired reader ids: readers who were merged into another one, or forgotten."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from recommendations.domain.interactions import RetiredReader
from recommendations.store.schema import interactions, tombstones
from servicekit.database.statements import is_any_of


class Readers:
    """The tombstones over one connection.

    Chains of merges are resolved at once: a tombstone never points to a reader who has a tombstone.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def retired(self, reader_ids: Iterable[int]) -> dict[int, int | None]:
        """For each retired id among `reader_ids`, the reader it was merged into, or None if it was forgotten."""
        return dict(
            reader for reader, _ in self._read(is_any_of(self._connection, tombstones.c.reader_id, reader_ids))
        )

    def merge(self, reader_id: int, into: int) -> None:
        """Merge one reader into another, permanently; a reader merged into a forgotten one is forgotten too.

        Merging a retired reader changes nothing; neither does merging a reader into themselves or into one who was
        merged into them. Needs a write transaction.
        """
        retired = self.retired([reader_id, into])
        target = retired.get(into, into)
        if reader_id in retired or target == reader_id:
            return
        self._retire(reader_id, target)

    def forget(self, reader_id: int) -> None:
        """Delete the history of a reader and of everyone merged into them; tombstones with only the ids stay.

        Forgetting a merged reader also forgets the reader they were merged into, since their histories are no longer
        separate. Needs a write transaction.
        """
        target = self.retired([reader_id]).get(reader_id, reader_id)
        if target is not None:
            self._retire(target, None)

    def revision(self) -> int:
        """The number of the last change; 0 before the first."""
        return self._connection.scalar(select(func.coalesce(func.max(tombstones.c.revision), 0))) or 0

    def retired_since(self, revision: int) -> tuple[list[RetiredReader], int]:
        """The readers retired or merged into another one after `revision`, and the revision reached."""
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
