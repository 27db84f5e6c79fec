"""All that the shop keeps about one reader, for them to take along."""

from typing import Any

from marketplace.domain import Interaction
from marketplace.store import Store, UnitOfWork

WHOLE = 1_000_000
"""More than any reader did."""


def export(store: Store, reader_id: int) -> dict[str, Any]:
    """The reader's account, history and wishlist, as JSON has them.

    Recommendations keeps the same history, and nothing besides. Raises StoreUnavailable.
    """
    with store.read() as work:
        account = work.accounts.by_reader(reader_id)
        done = work.interactions.latest(reader_id, WHOLE)
        wishes = work.wishes.of(reader_id)
        titles = _titles(work, {each.book_id for each in done} | {book_id for book_id, _ in wishes})
    return {
        "reader_id": reader_id,
        "email": account.email if account else None,
        "history": [{**_done(each), "title": titles.get(each.book_id)} for each in done],
        "wishlist": [
            {"book_id": book_id, "title": titles.get(book_id), "added_at": moment.isoformat()}
            for book_id, moment in wishes
        ],
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
