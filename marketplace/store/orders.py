"""The tables of orders, their lines and their changes of state."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, literal, select, update

from marketplace.domain.errors import OrderNotFound
from marketplace.domain.money import Money
from marketplace.domain.orders import (
    OPEN_STATES,
    Actor,
    Address,
    Order,
    OrderLine,
    OrderState,
    StateChange,
    is_order_id,
)
from marketplace.store.moderation.tables import search_text
from marketplace.store.schema import order_changes, order_lines, orders
from servicekit.database.statements import is_any_of


class StoredOrders:
    """Orders, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, order: Order, address: Address, *, key: str, digest: str) -> None:
        """Store a new order with its idempotency key and a digest of its contents."""
        row = {
            "order_id": order.id,
            "reader_id": order.reader_id,
            "email": order.email,
            **asdict(address),
            "total_minor": order.total.minor,
            "currency": order.total.currency,
            "state": order.state.value,
            "placed_at": order.placed_at,
            "asked_at": order.placed_at,
            "checkout_key": key,
            "checkout_digest": digest,
            "sought": _search_text(order.id, order.email, address.name, address.city),
        }
        self._connection.execute(insert(orders).values(row))
        lines = [
            {
                "order_id": order.id,
                "position": position,
                "book_id": line.book_id,
                "title": line.title,
                "price_minor": line.price.minor,
                "quantity": line.quantity,
                "taken": line.taken,
                "recommendation_id": line.recommendation_id,
            }
            for position, line in enumerate(order.lines)
        ]
        self._connection.execute(insert(order_lines), lines)
        self._add_changes(order.id, *order.changes)

    def get(self, order_id: str) -> Order:
        """An order of any reader.

        Raises OrderNotFound.
        """
        return self._find(order_id, orders.c.order_id == order_id)

    def get_of(self, reader_id: int, order_id: str) -> Order:
        """An order of this reader.

        Raises OrderNotFound, also for another reader's.
        """
        return self._find(order_id, orders.c.order_id == order_id, orders.c.reader_id == reader_id)

    def of(self, reader_id: int, limit: int, offset: int = 0) -> list[Order]:
        """A reader's orders, latest first."""
        own = select(orders).where(orders.c.reader_id == reader_id)
        latest = own.order_by(orders.c.placed_at.desc(), orders.c.order_id).limit(limit).offset(offset)
        return self._with_lines(self._connection.execute(latest).all())

    def listed(self, order_ids: Sequence[str]) -> list[Order]:
        """These orders of any readers, in this order."""
        rows = self._connection.execute(
            select(orders).where(is_any_of(self._connection, orders.c.order_id, order_ids))
        ).all()
        by_id = {order.id: order for order in self._with_lines(rows)}
        return [by_id[order_id] for order_id in order_ids]

    def count(self, reader_id: int) -> int:
        counted = select(func.count()).where(orders.c.reader_id == reader_id)
        return int(self._connection.execute(counted).scalar_one())

    def placed_with(self, reader_id: int, key: str) -> tuple[str, str] | None:
        """The id and the digest of the order that this reader placed with this key."""
        placed = select(orders.c.order_id, orders.c.checkout_digest)
        row = self._connection.execute(
            placed.where(orders.c.reader_id == reader_id, orders.c.checkout_key == key)
        ).first()
        return None if row is None else (row.order_id, row.checkout_digest)

    def lock(self, order_id: str) -> Order:
        """An order, locked against changes until the end of the transaction.

        Raises OrderNotFound.
        """
        locking = select(orders.c.order_id).where(orders.c.order_id == order_id).with_for_update()
        self._connection.execute(locking)
        return self.get(order_id)

    def set_state(self, order_id: str, state: OrderState, *, by: Actor, at: datetime) -> None:
        self._connection.execute(update(orders).where(orders.c.order_id == order_id).values(state=state.value))
        self._add_changes(order_id, StateChange(state, at, by))

    def has_open(self, reader_id: int) -> bool:
        """Whether a reader has orders that have not been shipped."""
        states = [state.value for state in OPEN_STATES]
        found = select(orders.c.order_id).where(orders.c.reader_id == reader_id, orders.c.state.in_(states))
        return self._connection.execute(found.limit(1)).first() is not None

    def anonymize(self, reader_id: int) -> None:
        """Remove the reader, e-mail and address from a reader's orders; the lines stay."""
        texts = ("email", "name", "street", "city", "region", "postal_code", "country", "checkout_key")
        values: dict[str, Any] = dict.fromkeys((*texts, "checkout_digest"), "")
        number = func.lower(orders.c.order_id)
        values |= {
            "reader_id": None,
            "sought": literal(" ") + func.replace(number, "-", " ") + " " + func.replace(number, "-", ""),
        }
        self._connection.execute(update(orders).where(orders.c.reader_id == reader_id).values(values))

    def overdue(self, before: datetime, limit: int) -> list[tuple[str, Money]]:
        """Orders that await payment and whose payment was last requested before then, each with its total."""
        waiting = (orders.c.state == OrderState.PLACED.value, orders.c.asked_at < before)
        selected = select(orders.c.order_id, orders.c.total_minor, orders.c.currency).where(*waiting)
        # Concurrent workers skip each other's rows.
        selected = (
            selected.order_by(orders.c.placed_at, orders.c.order_id).limit(limit).with_for_update(skip_locked=True)
        )
        rows = self._connection.execute(selected)
        return [(row.order_id, Money(row.total_minor, row.currency)) for row in rows]

    def payment_requested(self, order_id: str, moment: datetime) -> None:
        """Note when the payment of an order was last requested."""
        self._connection.execute(update(orders).where(orders.c.order_id == order_id).values(asked_at=moment))

    def _find(self, order_id: str, *conditions: ColumnElement[bool]) -> Order:
        # The id is user input, and PostgreSQL does not accept every text as a parameter.
        row = self._connection.execute(select(orders).where(*conditions)).first() if is_order_id(order_id) else None
        if row is None:
            raise OrderNotFound(f"no order {order_id[:20]!r}")
        return self._with_lines([row])[0]

    def _with_lines(self, rows: Sequence[Any]) -> list[Order]:
        ids = [row.order_id for row in rows]
        lines: dict[str, list[Any]] = {}
        listed = select(order_lines).where(is_any_of(self._connection, order_lines.c.order_id, ids))
        for line in self._connection.execute(listed.order_by(order_lines.c.order_id, order_lines.c.position)):
            lines.setdefault(line.order_id, []).append(line)
        changes: dict[str, list[StateChange]] = {}
        entered = (
            select(order_changes)
            .where(is_any_of(self._connection, order_changes.c.order_id, ids))
            .order_by(order_changes.c.at)
        )
        for change in self._connection.execute(entered):
            changes.setdefault(change.order_id, []).append(
                StateChange(OrderState(change.state), change.at, Actor(change.actor))
            )
        return [_order(row, lines.get(row.order_id, ()), changes.get(row.order_id, ())) for row in rows]

    def _add_changes(self, order_id: str, *changes: StateChange) -> None:
        rows = [
            {"order_id": order_id, "state": change.state.value, "at": change.at, "actor": change.by.value}
            for change in changes
        ]
        self._connection.execute(insert(order_changes), rows)


def _order(row: Any, lines: Iterable[Any], changes: Iterable[StateChange]) -> Order:
    return Order(
        id=row.order_id,
        reader_id=row.reader_id,
        email=row.email,
        address=_address(row) if row.name else None,
        lines=tuple(_line(line, row.currency) for line in lines),
        total=Money(row.total_minor, row.currency),
        state=OrderState(row.state),
        placed_at=row.placed_at,
        # States entered at the same moment are in the order of the enumeration.
        changes=tuple(sorted(changes, key=lambda change: (change.at, list(OrderState).index(change.state)))),
    )


def _line(row: Any, currency: str) -> OrderLine:
    return OrderLine(
        book_id=row.book_id,
        title=row.title,
        price=Money(row.price_minor, currency),
        quantity=row.quantity,
        taken=row.taken,
        recommendation_id=row.recommendation_id,
    )


def _address(row: Any) -> Address:
    return Address(**{field.name: getattr(row, field.name) for field in fields(Address)})


def _search_text(order_id: str, *texts: str) -> str:
    # The number with and without its hyphens.
    number = order_id.lower()
    return f" {number.replace('-', ' ')} {number.replace('-', '')}{search_text(*texts)}"
