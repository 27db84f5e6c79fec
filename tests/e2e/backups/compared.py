"""What is in the databases of a shop and of Recommendations."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Table, select

from marketplace.domain.ids import FIRST_SHOP_ID
from marketplace.store.schema import books, interactions, order_lines, orders, outbox
from recommendations.store.schema import interactions as recorded
from servicekit.database.engine import open_engine, reading


class Databases:
    """Two databases, by their URLs."""

    def __init__(self, shop: str, recommendations: str) -> None:
        self._shop = shop
        self._recommendations = recommendations

    def orders(self) -> Mapping[str, str]:
        """The state of each order."""
        return {row.order_id: row.state for row in _rows(self._shop, orders)}

    def unexplained_copies(self, copies: int) -> Mapping[int, int]:
        """How many more of each book's copies are gone from stock than are in orders; without those that agree."""
        kept = {order_id for order_id, state in self.orders().items() if state != "rejected"}
        sold: Counter[int] = Counter()
        for line in _rows(self._shop, order_lines):
            sold[line.book_id] += line.quantity * (line.order_id in kept)
        more = {row.book_id: copies - row.stock - sold[row.book_id] for row in _rows(self._shop, books)}
        return {book_id: number for book_id, number in more.items() if number}

    def kept(self) -> Sequence[str]:
        """The ids of the interactions in the shop."""
        return sorted(row.interaction_id for row in _rows(self._shop, interactions))

    def waiting(self) -> Sequence[str]:
        """The ids of those that wait for their delivery to Recommendations."""
        return sorted(row.payload["id"] for row in _rows(self._shop, outbox) if row.kind == "interaction")

    def recorded(self) -> Sequence[str]:
        """The ids of those of the shop's readers in Recommendations."""
        return sorted(row.id for row in self._recorded())

    def recorded_readers(self) -> set[int]:
        """The shop's readers whom Recommendations knows."""
        return {row.reader_id for row in self._recorded()}

    def _recorded(self) -> Sequence[Row[Any]]:
        return [row for row in _rows(self._recommendations, recorded) if row.reader_id >= FIRST_SHOP_ID]


def _rows(url: str, table: Table) -> Sequence[Row[Any]]:
    engine = open_engine(url)
    with reading(engine) as connection:
        rows = connection.execute(select(table)).all()
    engine.dispose()
    return rows
