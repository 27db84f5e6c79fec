"""A reader's orders."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.addresses import address_lines
from marketplace.domain.conversations import Side
from marketplace.domain.errors import MessageNotSent, OrderNotFound, StateConflict, TooManyMessages
from marketplace.domain.ids import NOBODY
from marketplace.domain.orders import NEXT_STATES, Order, OrderState
from marketplace.web.conversations import new_messages, shown, typed_message
from marketplace.web.flash import flash
from marketplace.web.limits import Attempt
from marketplace.web.paging import page_number, paged
from marketplace.web.reader import current_reader
from marketplace.web.security import no_store
from marketplace.web.shop import Shop

PAGE = 20
UNPAID_POLL_SECONDS, POLL_SECONDS = 2, 20
"""Seconds between polls of an order's page: while it awaits payment, and afterwards."""


def blueprint(shop: Shop) -> Blueprint:
    """`/orders`, `/orders/<id>`, its `/state` for the page to poll, its `/messages` and its `/cancel`."""
    orders = Blueprint("orders", __name__, url_prefix="/orders")
    orders.after_request(no_store)
    _add_messages(orders, shop)

    @orders.get("")
    def overview() -> str:
        reader_id = current_reader()
        number = page_number()
        with shop.store.read() as work:
            total = 0 if reader_id == NOBODY else work.orders.count(reader_id)
            pages = paged(total, PAGE, number)
            listed = work.orders.of(reader_id, PAGE, (number - 1) * PAGE) if total else []
        return render_template("orders/list.html", orders=listed, pages=pages)

    @orders.get("/<order_id>")
    def page(order_id: str) -> str:
        return _page(shop, _own_order(shop, order_id))

    @orders.get("/<order_id>/state")
    def state(order_id: str) -> str:
        order = _own_order(shop, order_id)
        return render_template("orders/state.html", order=order, **_state(order))

    @orders.post("/<order_id>/cancel")
    def cancel(order_id: str) -> Answer:
        try:
            has_changed = shop.orders.cancel(current_reader(), order_id)
        except StateConflict:
            flash("too-late-to-cancel")
        else:
            flash("order-cancelled" if has_changed else "order-already-cancelled")
        return redirect(url_for("orders.page", order_id=order_id), 303)

    return orders


def _add_messages(orders: Blueprint, shop: Shop) -> None:
    @orders.get("/<order_id>/messages")
    def messages(order_id: str) -> str | Answer:
        order = _own_order(shop, order_id)
        return new_messages(shop, Side.READER, order.id) or redirect(url_for("orders.page", order_id=order.id), 303)

    @orders.post("/<order_id>/messages")
    def write(order_id: str) -> Answer | tuple[str, int] | tuple[str, int, dict[str, str]]:
        order = _own_order(shop, order_id)
        if seconds := shop.limiter.wait(Attempt.MESSAGE_BY_READER, str(order.reader_id)):
            return _page(shop, order, TooManyMessages()), 429, {"Retry-After": str(seconds)}
        try:
            shop.conversations.write(current_reader(), order_id, typed_message())
        except MessageNotSent as error:
            return _page(shop, order, error), 422
        return redirect(url_for("orders.page", order_id=order_id, _anchor="conversation"), 303)


def _state(order: Order) -> dict[str, int | bool | None]:
    wait = UNPAID_POLL_SECONDS if order.state is OrderState.PLACED else POLL_SECONDS
    return {
        "wait": None if order.state.is_final else wait,
        "may_cancel": OrderState.CANCELLED in NEXT_STATES[order.state],
    }


def _own_order(shop: Shop, order_id: str) -> Order:
    reader_id = current_reader()
    if reader_id == NOBODY:
        raise OrderNotFound
    with shop.store.read() as work:
        return work.orders.get_of(reader_id, order_id)


def _page(shop: Shop, order: Order, error: MessageNotSent | None = None) -> str:
    return render_template(
        "orders/page.html",
        order=order,
        cards=shop.cards.of(line.book_id for line in order.lines),
        address=address_lines(order.address) if order.address else [],
        conversation=shown(shop, Side.READER, order.id, error=error),
        **_state(order),
    )
