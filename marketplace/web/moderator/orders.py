"""The table of all orders, and the page of one."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.addresses import address_lines
from marketplace.domain.conversations import Side
from marketplace.domain.errors import StateConflict
from marketplace.domain.moderation import OrderColumn
from marketplace.domain.orders import NEXT_STATES, OrderState
from marketplace.usecases.moderation import MODERATOR_STATES
from marketplace.web.conversations import ShownConversation, shown
from marketplace.web.flash import flash
from marketplace.web.forms import typed
from marketplace.web.moderator.parameters import PAGE, moderator_id, search_words, sort_column
from marketplace.web.paging import page_number, paged
from marketplace.web.shop import Shop

_STATES = {state.value: state for state in OrderState}


def add_to(moderator: Blueprint, shop: Shop) -> None:
    """Add `/moderator/orders` and `/moderator/orders/<id>`."""

    @moderator.get("/orders")
    def orders() -> str:
        query, number = search_words(), page_number()
        by, descending = sort_column(OrderColumn.PLACED, descending=True)
        name = request.args.get("state", "")
        if name and name not in _STATES:
            abort(404)
        state = _STATES.get(name)
        with shop.store.read() as work:
            results = work.order_table.page(
                query, state, by=by, descending=descending, limit=PAGE, offset=(number - 1) * PAGE
            )
        return render_template(
            "moderator/orders.html",
            results=results,
            pages=paged(results.total, PAGE, number),
            search=query,
            state=state,
            states=list(OrderState),
            columns=list(OrderColumn),
            by=by,
            descending=descending,
        )

    @moderator.get("/orders/<order_id>")
    def order(order_id: str) -> str:
        return order_page(shop, order_id, shown(shop, Side.SHOP, order_id))

    @moderator.post("/orders/<order_id>")
    def move_order(order_id: str) -> Answer:
        to = _STATES.get(typed("to"))
        if to not in MODERATOR_STATES:
            abort(400)
        try:
            has_changed = shop.moderation.change_order_state(moderator_id(), order_id, to)
            message = "order-moved" if has_changed else "order-already-moved"
        except StateConflict:
            message = "order-not-moved"
        with shop.store.read() as work:
            flash(message, order=order_id, state=work.orders.get(order_id).state.name)
        return redirect(url_for("moderator.order", order_id=order_id), 303)


def order_page(shop: Shop, order_id: str, conversation: ShownConversation) -> str:
    """The page of an order. Raises OrderNotFound."""
    with shop.store.read() as work:
        order = work.orders.get(order_id)
    return render_template(
        "moderator/order.html",
        order=order,
        next_states=[state for state in OrderState if state in NEXT_STATES[order.state] & MODERATOR_STATES],
        address=address_lines(order.address) if order.address else [],
        conversation=conversation,
    )
