"""A reader's activity and wishlist."""

from flask import Blueprint, render_template

from marketplace.domain.ids import NOBODY
from marketplace.web.paging import page_number, paged
from marketplace.web.reader import current_reader
from marketplace.web.shop import Shop

PAGE = 30


def blueprint(shop: Shop) -> Blueprint:
    """`/history` and `/wishlist`; both are empty for a visitor."""
    activity = Blueprint("activity", __name__)

    @activity.get("/history")
    def history() -> str:
        reader_id = current_reader()
        number = page_number()
        with shop.store.read() as work:
            total = 0 if reader_id == NOBODY else work.interactions.count(reader_id)
            pages = paged(total, PAGE, number)
            interactions = work.interactions.latest(reader_id, PAGE, (number - 1) * PAGE) if total else []
        cards = shop.cards.of(interaction.book_id for interaction in interactions)
        return render_template("activity/history.html", interactions=interactions, cards=cards, pages=pages)

    @activity.get("/wishlist")
    def wishlist() -> str:
        reader_id = current_reader()
        with shop.store.read() as work:
            wished = [] if reader_id == NOBODY else [book_id for book_id, _ in work.wishlists.of(reader_id)]
        known = shop.cards.of(wished)
        cards = tuple(known[book_id] for book_id in wished if book_id in known)
        return render_template("activity/wishlist.html", cards=cards)

    return activity
