"""The box of open conversations, and answers to buyers."""

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.conversations import Side
from marketplace.domain.errors import MessageNotSent
from marketplace.web.conversations import new_messages, shown, typed_message
from marketplace.web.flash import flash
from marketplace.web.moderator.orders import order_page
from marketplace.web.moderator.parameters import PAGE, moderator_id
from marketplace.web.paging import page_number, paged
from marketplace.web.shop import Shop


def add_to(moderator: Blueprint, shop: Shop) -> None:
    """Add `/moderator/conversations`, and the posts of `/moderator/orders/<id>` to its conversation."""

    @moderator.get("/conversations")
    def conversations() -> str:
        number = page_number()
        with shop.store.read() as work:
            pages = paged(work.conversations.count_open(), PAGE, number)
            listed = work.conversations.open_ones(PAGE, (number - 1) * PAGE)
        return render_template("moderator/conversations.html", conversations=listed, pages=pages)

    @moderator.get("/orders/<order_id>/messages")
    def order_messages(order_id: str) -> str | Answer:
        with shop.store.read() as work:
            work.orders.get(order_id)
        return new_messages(shop, Side.SHOP, order_id, page=url_for("moderator.order", order_id=order_id))

    @moderator.post("/orders/<order_id>/messages")
    def answer(order_id: str) -> Answer | tuple[str, int]:
        try:
            shop.conversations.answer(moderator_id(), order_id, typed_message())
        except MessageNotSent as error:
            return order_page(shop, order_id, shown(shop, Side.SHOP, order_id, error=error)), 422
        return redirect(url_for("moderator.order", order_id=order_id, _anchor="conversation"), 303)

    @moderator.post("/orders/<order_id>/messages/close")
    def close_conversation(order_id: str) -> Answer:
        shop.conversations.close(moderator_id(), order_id)
        flash("conversation-closed", order=order_id)
        return redirect(url_for("moderator.conversations"), 303)
