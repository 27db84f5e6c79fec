"""The export of all data that the shop keeps about a reader."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from marketplace.domain.conversations import Conversation
from marketplace.domain.errors import NoticesUnavailable
from marketplace.domain.interactions import Interaction
from marketplace.domain.links import Card, picture_path
from marketplace.domain.orders import Order
from marketplace.store import Store

Mails = Callable[[int], Sequence[Any]]
"""Returns what notices keeps about a reader, or raises NoticesUnavailable."""

UNLIMITED = 1_000_000
"""More interactions and orders than any reader has."""


def export(store: Store, reader_id: int, mails: Mails) -> dict[str, Any]:
    """The reader's account, the links sent to it, history, wishlist, cart, orders, conversations and mails, for JSON.

    If notices is unavailable, the export says so, and has the rest. Recommendations keeps nothing but the same
    history. Raises StoreUnavailable.
    """
    with store.read() as work:
        account = work.accounts.by_reader(reader_id)
        links = work.links.of(reader_id, datetime.min.replace(tzinfo=UTC))
        interactions = work.interactions.latest(reader_id, UNLIMITED)
        wishes = work.wishlists.of(reader_id)
        cart = work.carts.of(reader_id)
        orders = work.orders.of(reader_id, UNLIMITED)
        conversations = work.conversations.of(reader_id)
        book_ids = {interaction.book_id for interaction in interactions} | {book_id for book_id, _ in wishes}
        cards = work.books.cards(book_ids | {line.book_id for line in cart})
    titles = {book_id: card.title for book_id, card in cards.items()}
    return {
        "reader_id": reader_id,
        "email": account.email if account else None,
        "language": account.language if account else None,
        "email_confirmed_at": _moment(account.email_confirmed_at) if account else None,
        "links_sent": [
            {
                "purpose": link.purpose.value,
                "email": link.email,
                "created_at": _moment(link.created_at),
                "expires_at": _moment(link.expires_at),
            }
            for link in links
        ],
        "history": [_interaction(interaction, titles) for interaction in interactions],
        "wishlist": [
            {"book_id": book_id, "title": titles.get(book_id), "added_at": moment.isoformat()}
            for book_id, moment in wishes
        ],
        "cart": [
            {"book_id": line.book_id, "title": titles.get(line.book_id), "quantity": line.quantity} for line in cart
        ],
        "orders": [_order(order) for order in orders],
        "conversations": [_conversation(conversation) for conversation in conversations],
        **_mails(mails, reader_id),
    }


def _mails(mails: Callable[[int], Sequence[Any]], reader_id: int) -> dict[str, Any]:
    try:
        return {"mails": list(mails(reader_id))}
    except NoticesUnavailable:
        # The field `mails` would say that there are none.
        return {"mails_missing": "The mail service did not answer. Please download your data again later."}


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _order(order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "placed_at": order.placed_at.isoformat(),
        "state": order.state.value,
        "email": order.email,
        "address": asdict(order.address) if order.address else None,
        "total": asdict(order.total),
        "books": [
            {"book_id": line.book_id, "title": line.title, "quantity": line.quantity, "price": asdict(line.price)}
            for line in order.lines
        ],
        "changes": [{"state": change.state.value, "at": change.at.isoformat()} for change in order.changes],
    }


def _conversation(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "order_id": conversation.order_id or None,
        "messages": [
            {
                "number": message.number,
                "by": message.side.value,
                "text": message.text,
                "sent_at": message.sent_at.isoformat(),
                "edited_at": _moment(message.edited_at),
                "link": _card(message.card),
            }
            for message in conversation.messages
        ],
    }


def _card(card: Card | None) -> dict[str, Any] | None:
    if card is None:
        return None
    picture = picture_path(card.picture_id) if card.picture_id else None
    texts = {"url": card.url, "title": card.title, "description": card.description, "site": card.site}
    return {**texts, "picture": picture}


def _interaction(interaction: Interaction, titles: Mapping[int, str]) -> dict[str, Any]:
    exported: dict[str, Any] = {
        "id": interaction.id,
        "book_id": interaction.book_id,
        "title": titles.get(interaction.book_id),
        "kind": interaction.kind.name.lower(),
        "occurred_at": interaction.occurred_at.isoformat(),
    }
    if interaction.half_stars is not None:
        exported["stars"] = interaction.half_stars / 2
    if interaction.recommendation_id:
        exported["recommendation_id"] = interaction.recommendation_id
    return exported
