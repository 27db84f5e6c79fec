"""Operations on orders."""

from dataclasses import asdict

from marketplace.domain.api_tokens import Scope
from marketplace.domain.money import Money
from marketplace.domain.orders import Order, OrderState
from marketplace.web.api.cursors import cursor_of_order, order_before
from marketplace.web.api.models import (
    AddressAnswer,
    OrderAnswer,
    OrderFilter,
    OrderLineAnswer,
    OrderList,
    Price,
    StateChangeAnswer,
    StateFields,
)
from marketplace.web.api.operations import Call, Operation, Reply
from marketplace.web.shop import Shop

ORDER = "/orders/<order_id>"


def list_orders(shop: Shop, call: Call) -> Reply:
    """List orders, those placed first at the beginning.

    Read `next_cursor` until it is null. Orders that are placed at the same time may appear in a list a moment late:
    to look for new ones, begin a minute before the last `placed_at` that you have seen.
    """
    wanted: OrderFilter = call.query
    with shop.store.read() as work:
        ids = work.order_table.after(
            order_before(wanted.cursor),
            state=wanted.state,
            placed_from=wanted.placed_from,
            placed_before=wanted.placed_before,
            limit=wanted.limit + 1,
        )
        shown = work.orders.listed(ids[: wanted.limit])
    cursor = cursor_of_order(shown[-1].placed_at, shown[-1].id) if len(ids) > len(shown) else None
    return Reply(body=OrderList(orders=list(map(_answer, shown)), next_cursor=cursor))


def read_order(shop: Shop, call: Call) -> Reply:
    """Read an order."""
    with shop.store.read() as work:
        return Reply(body=_answer(work.orders.get(call.path["order_id"])))


def change_order_state(shop: Shop, call: Call) -> Reply:
    """Mark an order as shipped or delivered, or cancel and refund it.

    What follows, such as mails to the reader, is as if a moderator had done it. An order that is in this state
    already stays as it is, so this can be sent again.
    """
    fields: StateFields = call.body
    shop.api_changes.change_order_state(call.token, call.path["order_id"], OrderState(fields.state))
    return read_order(shop, call)


OPERATIONS = (
    Operation(
        method="GET",
        path="/orders",
        tag="Orders",
        scope=Scope.ORDERS_READ,
        run=list_orders,
        query=OrderFilter,
        reply=OrderList,
    ),
    Operation(
        method="GET",
        path=ORDER,
        tag="Orders",
        scope=Scope.ORDERS_READ,
        run=read_order,
        reply=OrderAnswer,
    ),
    Operation(
        method="PUT",
        path=f"{ORDER}/state",
        tag="Orders",
        scope=Scope.ORDERS_WRITE,
        run=change_order_state,
        body=StateFields,
        reply=OrderAnswer,
        problems=("state-conflict",),
    ),
)


def _answer(order: Order) -> OrderAnswer:
    return OrderAnswer(
        id=order.id,
        state=order.state,
        placed_at=order.placed_at,
        reader_id=order.reader_id,
        email=order.email,
        address=AddressAnswer(**asdict(order.address)) if order.address else None,
        total=_price(order.total),
        lines=[
            OrderLineAnswer(book_id=line.book_id, title=line.title, quantity=line.quantity, price=_price(line.price))
            for line in order.lines
        ],
        changes=[StateChangeAnswer(state=change.state, at=change.at, by=change.by) for change in order.changes],
    )


def _price(money: Money) -> Price:
    return Price(minor=money.minor, currency=money.currency)
