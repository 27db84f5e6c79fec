"""The tables of readers, and of the history imported for other readers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, Connection, Select, delete, func, insert, literal, or_, select

from marketplace.store.schema import imported_history, readers
from servicekit.database.statements import COUNT_ROWS, insert_into


class Readers:
    """The readers that the shop itself created, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, created_at: datetime) -> int:
        """Create a reader; returns the id, from 1,000,000,000 upward."""
        statement = insert(readers).values(created_at=created_at).returning(readers.c.reader_id)
        return int(self._connection.execute(statement).scalar_one())

    def exists(self, reader_id: int) -> bool:
        row = select(readers.c.reader_id).where(readers.c.reader_id == reader_id)
        return self._connection.execute(row).first() is not None

    def lock(self, reader_id: int) -> bool:
        """Lock a reader until the end of the transaction; False if there is no such reader."""
        row = select(readers.c.reader_id).where(readers.c.reader_id == reader_id)
        return self._connection.execute(row.with_for_update()).first() is not None

    def remove(self, reader_id: int) -> None:
        """Delete a reader with their account, interactions, wishlist and cart."""
        self._connection.execute(delete(readers).where(readers.c.reader_id == reader_id))


class HistoryEntry(NamedTuple):
    """A reader had a book; `half_stars` (1 to 10) and perhaps `rated_at` if they rated it."""

    reader_id: int
    book_id: int
    half_stars: int | None = None
    rated_at: datetime | None = None


class ImportedHistory:
    """What files say that readers had and rated, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, read: Iterable[HistoryEntry]) -> int:
        """Add what readers had or rated; returns how many entries are new or changed.

        Of ratings of one book by one reader the later one wins; one without a time replaces any other.
        """
        latest: dict[tuple[int, int], HistoryEntry] = {}
        for entry in read:
            pair = entry.reader_id, entry.book_id
            before = latest.get(pair)
            latest[pair] = entry if before is None else _later(before, entry)
        if not latest:
            return 0
        insert = insert_into(self._connection, imported_history)
        new, old = insert.excluded, imported_history.c
        is_later = or_(new.rated_at.is_(None), old.rated_at.is_(None), new.rated_at > old.rated_at)
        is_other = or_(old.half_stars.is_(None), old.half_stars != new.half_stars, new.rated_at > old.rated_at)
        rated = {"half_stars": new.half_stars, "rated_at": new.rated_at}
        statement: Any = insert.on_conflict_do_update(
            index_elements=[old.reader_id, old.book_id],
            set_=rated,
            where=new.half_stars.is_not(None) & is_later & is_other,
        )
        rows = [entry._asdict() for entry in latest.values()]
        if self._connection.dialect.name == "postgresql":
            statement = statement.from_select(*_arrays(list(latest.values())))
            return self._connection.execute(statement, execution_options=COUNT_ROWS).rowcount
        return self._connection.execute(statement, rows, execution_options=COUNT_ROWS).rowcount


def _later(before: HistoryEntry, entry: HistoryEntry) -> HistoryEntry:
    if entry.half_stars is None:
        return before
    if before.half_stars is None or entry.rated_at is None or before.rated_at is None:
        return entry
    return entry if entry.rated_at > before.rated_at else before


def _arrays(entries: list[HistoryEntry]) -> tuple[list[str], Select[Any, Any]]:
    # Array parameters are twice as fast in PostgreSQL as parameters for each row.
    columns = [imported_history.c[name] for name in HistoryEntry._fields]
    arrays = [
        func.unnest(literal(list(values), ARRAY(column.type)), type_=column.type)
        for column, values in zip(columns, zip(*entries, strict=True), strict=True)
    ]
    return list(HistoryEntry._fields), select(*arrays)
