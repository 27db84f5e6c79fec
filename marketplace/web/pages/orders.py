"""A reader's orders, and how far each is."""

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.addresses import address_lines
from marketplace.domain.errors import OrderNotFound, StateConflict
from marketplace.domain.ids import NOBODY
from marketplace.domain.orders import NEXT_STATES, Order, OrderState
from marketplace.store import Store
from marketplace.usecases.cards import CardCache
from marketplace.usecases.orders import Orders
from marketplace.web.flash import say
from marketplace.web.paging import page_number, paged
from marketplace.web.reader import current_reader

PAGE = 20
SOON, LATER = 2, 20
"""Seconds after which an order's page asks again: while it waits for its payment, and afterwards."""


def blueprint(store: Store, orders: Orders, cards: CardCache) -> Blueprint:
    """`/orders`, `/orders/<id>`, its `/state` for the page to ask, and its `/cancel`."""
    mine = Blueprint("orders", __name__, url_prefix="/orders")

    @mine.after_request
    def keep_nothing(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    def found(order_id: str) -> Order:
        reader_id = current_reader()
        if reader_id == NOBODY:
            raise OrderNotFound
        with store.read() as work:
            return work.orders.get_of(reader_id, order_id)

    @mine.get("")
    def overview() -> str:
        reader_id = current_reader()
        number = page_number()
        with store.read() as work:
            total = 0 if reader_id == NOBODY else work.orders.count(reader_id)
            pages = paged(total, PAGE, number)
            listed = work.orders.of(reader_id, PAGE, (number - 1) * PAGE) if total else []
        return render_template("orders/list.html", orders=listed, pages=pages)

    @mine.get("/<order_id>")
    def page(order_id: str) -> str:
        order = found(order_id)
        known = cards.of(line.book_id for line in order.lines)
        lines = address_lines(order.address) if order.address else []
        return render_template("orders/page.html", order=order, cards=known, address=lines, **_state(order))

    @mine.get("/<order_id>/state")
    def state(order_id: str) -> str:
        order = found(order_id)
        return render_template("orders/state.html", order=order, **_state(order))

    @mine.post("/<order_id>/cancel")
    def cancel(order_id: str) -> Answer:
        try:
            is_new = orders.cancel(current_reader(), order_id)
        except StateConflict:
            say("too-late-to-cancel")
        else:
            say("order-cancelled" if is_new else "order-was-cancelled")
        return redirect(url_for("orders.page", order_id=order_id), 303)

    return mine


def _state(order: Order) -> dict[str, int | bool | None]:
    wait = SOON if order.state is OrderState.PLACED else LATER
    return {
        "wait": None if order.state.is_final else wait,
        "may_cancel": OrderState.CANCELLED in NEXT_STATES[order.state],
    }
