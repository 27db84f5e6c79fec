"""All that the shop keeps about one reader, for them to take along."""

from dataclasses import asdict
from typing import Any

from marketplace.domain.interactions import Interaction
from marketplace.domain.orders import Order
from marketplace.store import Store, UnitOfWork

WHOLE = 1_000_000
"""More than any reader did."""


def export(store: Store, reader_id: int) -> dict[str, Any]:
    """The reader's account, history, wishlist, cart and orders, as JSON has them.

    Recommendations keeps the same history, and nothing besides. Raises StoreUnavailable.
    """
    with store.read() as work:
        account = work.accounts.by_reader(reader_id)
        done = work.interactions.latest(reader_id, WHOLE)
        wishes = work.wishes.of(reader_id)
        cart = work.carts.of(reader_id)
        orders = work.orders.of(reader_id, WHOLE)
        of_history = {each.book_id for each in done} | {book_id for book_id, _ in wishes}
        titles = _titles(work, of_history | {line.book_id for line in cart})
    return {
        "reader_id": reader_id,
        "email": account.email if account else None,
        "history": [{**_done(each), "title": titles.get(each.book_id)} for each in done],
        "wishlist": [
            {"book_id": book_id, "title": titles.get(book_id), "added_at": moment.isoformat()}
            for book_id, moment in wishes
        ],
        "cart": [
            {"book_id": line.book_id, "title": titles.get(line.book_id), "quantity": line.quantity} for line in cart
        ],
        "orders": [_ordered(order) for order in orders],
    }


def _ordered(order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "placed_at": order.placed_at.isoformat(),
        "state": order.state.value,
        "email": order.email,
        "address": asdict(order.address) if order.address else None,
        "total": asdict(order.total),
        "books": [
            {
                "book_id": line.book_id,
                "title": line.title,
                "quantity": line.quantity,
                "price": asdict(line.price),
            }
            for line in order.lines
        ],
        "changes": [{"state": change.state.value, "at": change.at.isoformat()} for change in order.changes],
    }


def _titles(work: UnitOfWork, book_ids: set[int]) -> dict[int, str]:
    return {card.id: card.title for card in work.books.cards(book_ids).values()}


def _done(interaction: Interaction) -> dict[str, Any]:
    done: dict[str, Any] = {
        "id": interaction.id,
        "book_id": interaction.book_id,
        "kind": interaction.kind.name.lower(),
        "occurred_at": interaction.occurred_at.isoformat(),
    }
    if interaction.half_stars is not None:
        done["stars"] = interaction.half_stars / 2
    if interaction.recommendation_id:
        done["recommendation_id"] = interaction.recommendation_id
    return done
