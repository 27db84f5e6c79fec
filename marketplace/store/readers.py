"""The tables of readers, and of the history imported for other readers."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Connection, Integer, Select, delete, func, insert, literal, select

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


class ImportedHistory:
    """The imported pairs of reader and book, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, pairs: Iterable[tuple[int, int]]) -> int:
        """Add pairs of reader and book; returns how many are new."""
        distinct = list(dict.fromkeys(pairs))
        if not distinct:
            return 0
        statement = insert_into(self._connection, imported_history).on_conflict_do_nothing()
        if self._connection.dialect.name == "postgresql":
            from_arrays = statement.from_select(*_arrays(distinct))
            return self._connection.execute(from_arrays, execution_options=COUNT_ROWS).rowcount
        rows = [{"reader_id": reader_id, "book_id": book_id} for reader_id, book_id in distinct]
        return self._connection.execute(statement, rows, execution_options=COUNT_ROWS).rowcount


def _arrays(pairs: list[tuple[int, int]]) -> tuple[list[str], Select[Any, Any]]:
    # Two array parameters are twice as fast in PostgreSQL as two parameters for each row.
    reader_ids, book_ids = (literal(list(ids), ARRAY(Integer)) for ids in zip(*pairs, strict=True))
    rows = select(func.unnest(reader_ids, type_=Integer), func.unnest(book_ids, type_=Integer))
    return ["reader_id", "book_id"], rows
