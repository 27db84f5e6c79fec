"""The moderators' table of all orders."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from marketplace.domain.moderation import OrderColumn, OrderRow, TablePage
from marketplace.domain.money import Money
from marketplace.domain.orders import OrderState
from marketplace.domain.text import query_words
from marketplace.store.moderation.tables import MAX_FOUND_ROWS, MAX_ROWS, has_word, page_of, without_index
from marketplace.store.schema import orders

# Each matches an index, so that the database can scan it in order.
_ORDERS: Mapping[tuple[OrderColumn, bool], tuple[ColumnElement[Any], ...]] = {
    (OrderColumn.PLACED, False): (orders.c.placed_at, orders.c.order_id),
    (OrderColumn.PLACED, True): (orders.c.placed_at.desc(), orders.c.order_id.desc()),
    (OrderColumn.TOTAL, False): (orders.c.total_minor, orders.c.order_id),
    (OrderColumn.TOTAL, True): (orders.c.total_minor.desc(), orders.c.order_id.desc()),
}


class OrderTable:
    """The table of orders, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, state: OrderState) -> int:
        counted = select(func.count()).where(orders.c.state == state.value)
        return int(self._connection.execute(counted).scalar_one())

    def page(
        self,
        query: str = "",
        state: OrderState | None = None,
        *,
        by: OrderColumn = OrderColumn.PLACED,
        descending: bool = True,
        limit: int,
        offset: int = 0,
    ) -> TablePage[OrderRow]:
        """A page of the orders whose number, e-mail, name or city match every word of the query."""
        words = [has_word(self._connection, orders.c.sought, word) for word in query_words(query)]
        states = without_index(self._connection, orders.c.state) if words else orders.c.state
        of_state = [] if state is None else [states == state.value]
        page = page_of(
            self._connection,
            orders.c.order_id,
            [*words, *of_state],
            _ORDERS[by, descending],
            limit=limit,
            offset=offset,
            max_rows=MAX_FOUND_ROWS if words else MAX_ROWS,
        )
        rows = self._connection.execute(select(orders).where(orders.c.order_id.in_(page.rows)))
        return page.with_rows({row.order_id: _order_row(row) for row in rows})


def _order_row(row: Any) -> OrderRow:
    return OrderRow(
        id=row.order_id,
        email=row.email,
        name=row.name,
        city=row.city,
        total=Money(row.total_minor, row.currency),
        state=OrderState(row.state),
        placed_at=row.placed_at,
    )
