"""The box of open conversations, answers, and the pages of those that are about no order."""

from collections.abc import Sequence

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response as Answer

from marketplace.domain.conversations import Conversation, Side
from marketplace.domain.errors import MessageNotSent
from marketplace.domain.ids import NOBODY
from marketplace.store import UnitOfWork
from marketplace.web.conversations import new_messages, shown, typed_message
from marketplace.web.flash import flash
from marketplace.web.moderator.orders import order_page
from marketplace.web.moderator.parameters import PAGE, moderator_id
from marketplace.web.paging import page_number, paged
from marketplace.web.shop import Shop


def add_to(moderator: Blueprint, shop: Shop) -> None:
    """Add `/moderator/conversations` and those under it, and the posts of `/moderator/orders/<id>` to its own."""

    @moderator.get("/conversations")
    def conversations() -> str:
        number = page_number()
        with shop.store.read() as work:
            pages = paged(work.conversations.count_open(), PAGE, number)
            listed = work.conversations.open_ones(PAGE, (number - 1) * PAGE)
            emails = _emails(work, listed)
        return render_template("moderator/conversations.html", conversations=listed, emails=emails, pages=pages)

    @moderator.get("/orders/<order_id>/messages")
    def order_messages(order_id: str) -> str | Answer:
        with shop.store.read() as work:
            work.orders.get(order_id)
        page = url_for("moderator.order", order_id=order_id)
        return new_messages(shop, Side.SHOP, order_id) or redirect(page, 303)

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

    _add_contact(moderator, shop)


def _add_contact(moderator: Blueprint, shop: Shop) -> None:
    @moderator.get("/conversations/<conversation_id>")
    def conversation(conversation_id: str) -> str:
        shop.contact.of_shop(conversation_id)
        return new_messages(shop, Side.SHOP, conversation_id) or _page(shop, conversation_id)

    @moderator.post("/conversations/<conversation_id>")
    def answer_contact(conversation_id: str) -> Answer | tuple[str, int]:
        try:
            shop.contact.answer(moderator_id(), conversation_id, typed_message())
        except MessageNotSent as error:
            return _page(shop, conversation_id, error), 422
        here = url_for("moderator.conversation", conversation_id=conversation_id, _anchor="conversation")
        return redirect(here, 303)

    @moderator.post("/conversations/<conversation_id>/close")
    def close_contact(conversation_id: str) -> Answer:
        shop.contact.of_shop(conversation_id)
        shop.conversations.close(moderator_id(), conversation_id)
        flash("conversation-closed")
        return redirect(url_for("moderator.conversations"), 303)

    @moderator.get("/conversations/<conversation_id>/delete")
    def delete_contact_form(conversation_id: str) -> str:
        stored = shop.contact.of_shop(conversation_id)
        return render_template("moderator/delete_conversation.html", stored=stored, email=_email(shop, stored))

    @moderator.post("/conversations/<conversation_id>/delete")
    def delete_contact(conversation_id: str) -> Answer:
        shop.contact.delete(moderator_id(), conversation_id)
        flash("conversation-deleted")
        return redirect(url_for("moderator.conversations"), 303)


def _page(shop: Shop, conversation_id: str, error: MessageNotSent | None = None) -> str:
    stored = shop.contact.of_shop(conversation_id)
    return render_template(
        "moderator/conversation.html",
        stored=stored,
        conversation=shown(shop, Side.SHOP, conversation_id, error=error),
        email=_email(shop, stored),
    )


def _email(shop: Shop, conversation: Conversation) -> str:
    with shop.store.read() as work:
        return _emails(work, [conversation])[conversation.id]


def _emails(work: UnitOfWork, conversations: Sequence[Conversation]) -> dict[str, str]:
    """The e-mail of who takes part in each conversation, by its id."""
    of_accounts = work.accounts.emails({each.reader_id for each in conversations if each.reader_id is not None})
    return {
        each.id: each.guest.email if each.guest else of_accounts.get(each.reader_id or NOBODY, "")
        for each in conversations
    }
