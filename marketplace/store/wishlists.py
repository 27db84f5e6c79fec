"""The table of wishlists."""

from datetime import datetime

from sqlalchemy import Connection, delete, literal, select

from marketplace.store.schema import wishes
from servicekit.database.statements import insert_into


class Wishlists:
    """Wishlists, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, reader_id: int, book_id: int, moment: datetime) -> None:
        """Add a book to a reader's wishlist, unless it is already there."""
        row = {"reader_id": reader_id, "book_id": book_id, "added_at": moment}
        self._connection.execute(insert_into(self._connection, wishes).values(row).on_conflict_do_nothing())

    def remove(self, reader_id: int, book_id: int) -> None:
        self._connection.execute(delete(wishes).where(wishes.c.reader_id == reader_id, wishes.c.book_id == book_id))

    def has(self, reader_id: int, book_id: int) -> bool:
        row = select(wishes.c.book_id).where(wishes.c.reader_id == reader_id, wishes.c.book_id == book_id)
        return self._connection.execute(row).first() is not None

    def of(self, reader_id: int) -> list[tuple[int, datetime]]:
        """A reader's books with the time at which each was added, latest first."""
        listed = select(wishes.c.book_id, wishes.c.added_at).where(wishes.c.reader_id == reader_id)
        rows = self._connection.execute(listed.order_by(wishes.c.added_at.desc(), wishes.c.book_id))
        return [(row.book_id, row.added_at) for row in rows]

    def copy(self, from_reader: int, into_reader: int) -> None:
        """Copy one reader's wishlist into another's."""
        copies = select(literal(into_reader), wishes.c.book_id, wishes.c.added_at).where(
            wishes.c.reader_id == from_reader
        )
        statement = insert_into(self._connection, wishes).from_select(["reader_id", "book_id", "added_at"], copies)
        self._connection.execute(statement.on_conflict_do_nothing())
