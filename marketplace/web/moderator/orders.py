"""The table of all orders, and what is done to one of them."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.addresses import address_lines
from marketplace.domain.errors import StateConflict
from marketplace.domain.moderation import OrderColumn
from marketplace.domain.orders import NEXT_STATES, OrderState
from marketplace.store import Store
from marketplace.usecases.moderation import MODERATOR_STATES, Moderation
from marketplace.web.flash import say
from marketplace.web.moderator.asked import PAGE, by_whom, query_asked, sort_of
from marketplace.web.paging import page_number, paged

_STATES = {state.value: state for state in OrderState}


def add_to(moderator: Blueprint, store: Store, moderation: Moderation) -> None:
    """Add `/moderator/orders` and `/moderator/orders/<id>`."""

    @moderator.get("/orders")
    def orders() -> str:
        query, number = query_asked(), page_number()
        by, descending = sort_of(OrderColumn.PLACED, descending=True)
        named = request.args.get("state", "")
        if named and named not in _STATES:
            abort(404)
        state = _STATES.get(named)
        with store.read() as work:
            found = work.order_table.page(
                query, state, by=by, descending=descending, limit=PAGE, offset=(number - 1) * PAGE
            )
        return render_template(
            "moderator/orders.html",
            found=found,
            pages=paged(found.total, PAGE, number),
            sought=query,
            state=state,
            states=list(OrderState),
            columns=list(OrderColumn),
            by=by,
            descending=descending,
        )

    @moderator.get("/orders/<order_id>")
    def order(order_id: str) -> str:
        with store.read() as work:
            found = work.orders.get(order_id)
        moves = [state for state in OrderState if state in NEXT_STATES[found.state] & MODERATOR_STATES]
        address = address_lines(found.address) if found.address else []
        return render_template("moderator/order.html", order=found, moves=moves, address=address)

    @moderator.post("/orders/<order_id>")
    def move_order(order_id: str) -> Answer:
        to = _STATES.get(request.form.get("to", ""))
        if to not in MODERATOR_STATES:
            abort(400)
        try:
            said = "order-moved" if moderation.change_order_state(by_whom(), order_id, to) else "order-is-so"
        except StateConflict:
            said = "order-is-not-so"
        with store.read() as work:
            say(said, order=order_id, state=work.orders.get(order_id).state.name)
        return redirect(url_for("moderator.order", order_id=order_id), 303)
