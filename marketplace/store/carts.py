"""The table of cart lines."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, literal, select, update

from marketplace.domain.orders import CartLine
from marketplace.store.schema import cart_lines
from servicekit.database.statements import insert_into, is_any_of


class StoredCarts:
    """Carts, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, reader_id: int) -> list[CartLine]:
        """The lines of a reader's cart, without their books, in the order in which they were added."""
        lines = select(cart_lines).where(cart_lines.c.reader_id == reader_id)
        rows = self._connection.execute(lines.order_by(cart_lines.c.added_at, cart_lines.c.book_id))
        return [
            CartLine(
                book_id=row.book_id,
                quantity=row.quantity,
                added_at=row.added_at,
                recommendation_id=row.recommendation_id,
                addition_key=row.addition_key,
            )
            for row in rows
        ]

    def put(self, reader_id: int, line: CartLine) -> None:
        """Add a line, or set the quantity and the key of the addition if the book is in the cart."""
        statement = insert_into(self._connection, cart_lines).values(
            reader_id=reader_id,
            book_id=line.book_id,
            quantity=line.quantity,
            recommendation_id=line.recommendation_id,
            added_at=line.added_at,
            addition_key=line.addition_key,
        )
        key = [cart_lines.c.reader_id, cart_lines.c.book_id]
        changed = {name: statement.excluded[name] for name in ("quantity", "addition_key")}
        self._connection.execute(statement.on_conflict_do_update(index_elements=key, set_=changed))

    def set_quantity(self, reader_id: int, book_id: int, quantity: int) -> None:
        """Set the quantity of a book if it is in the cart."""
        line = (cart_lines.c.reader_id == reader_id, cart_lines.c.book_id == book_id)
        self._connection.execute(update(cart_lines).where(*line).values(quantity=quantity))

    def remove(self, reader_id: int, book_ids: Sequence[int]) -> None:
        lines = (cart_lines.c.reader_id == reader_id, is_any_of(self._connection, cart_lines.c.book_id, book_ids))
        self._connection.execute(delete(cart_lines).where(*lines))

    def empty(self, reader_id: int) -> None:
        self._connection.execute(delete(cart_lines).where(cart_lines.c.reader_id == reader_id))

    def copy(self, from_reader: int, into_reader: int) -> None:
        """Copy one reader's lines into another's cart; for a book in both, the larger quantity stays."""
        copied = (cart_lines.c.book_id, cart_lines.c.quantity, cart_lines.c.recommendation_id, cart_lines.c.added_at)
        lines = select(literal(into_reader), *copied).where(cart_lines.c.reader_id == from_reader)
        statement = insert_into(self._connection, cart_lines).from_select(
            ["reader_id", *(column.name for column in copied)], lines
        )
        key = [cart_lines.c.reader_id, cart_lines.c.book_id]
        quantity = statement.excluded.quantity
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=key, set_={"quantity": quantity}, where=quantity > cart_lines.c.quantity
            )
        )
