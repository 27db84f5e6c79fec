"""The moderators' table of all orders."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select, tuple_

from marketplace.domain.moderation import OrderColumn, OrderRow, TablePage
from marketplace.domain.money import Money
from marketplace.domain.orders import OrderState
from marketplace.domain.text import query_words
from marketplace.store.moderation.tables import MAX_FOUND_ROWS, MAX_ROWS, has_word, page_of, without_index
from marketplace.store.schema import orders
from servicekit.database.columns import UtcDateTime

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

    def after(
        self,
        position: tuple[datetime, str] | None,
        *,
        state: OrderState | None = None,
        placed_from: datetime | None = None,
        placed_before: datetime | None = None,
        limit: int,
    ) -> list[str]:
        """The ids of the orders placed after `position`, the moment and the id of an order; earliest first."""
        conditions = []
        if position is not None:
            at, order_id = position
            known = tuple_(literal(at, UtcDateTime), literal(order_id, orders.c.order_id.type))
            conditions.append(tuple_(orders.c.placed_at, orders.c.order_id) > known)
        if state is not None:
            conditions.append(orders.c.state == state.value)
        if placed_from is not None:
            conditions.append(orders.c.placed_at >= placed_from)
        if placed_before is not None:
            conditions.append(orders.c.placed_at < placed_before)
        listed = select(orders.c.order_id).where(*conditions).order_by(*_ORDERS[OrderColumn.PLACED, False])
        return list(self._connection.scalars(listed.limit(limit)))


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
