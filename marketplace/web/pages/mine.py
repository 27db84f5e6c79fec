"""What is a reader's own: their history and their wishlist."""

from flask import Blueprint, render_template

from marketplace.domain.ids import NOBODY
from marketplace.store import Store
from marketplace.usecases.cards import CardCache
from marketplace.web.paging import page_number, paged
from marketplace.web.reader import current_reader

PAGE = 30


def blueprint(store: Store, cards: CardCache) -> Blueprint:
    """`/history` and `/wishlist`, which a visitor finds empty."""
    mine = Blueprint("mine", __name__)

    @mine.get("/history")
    def history() -> str:
        reader_id = current_reader()
        number = page_number()
        with store.read() as work:
            total = 0 if reader_id == NOBODY else work.interactions.count(reader_id)
            pages = paged(total, PAGE, number)
            done = work.interactions.latest(reader_id, PAGE, (number - 1) * PAGE) if total else []
        known = cards.of(each.book_id for each in done)
        return render_template("mine/history.html", interactions=done, cards=known, pages=pages)

    @mine.get("/wishlist")
    def wishlist() -> str:
        reader_id = current_reader()
        with store.read() as work:
            wished = [] if reader_id == NOBODY else work.wishes.of(reader_id)
        known = cards.of(book_id for book_id, _ in wished)
        return render_template(
            "mine/wishlist.html", cards=[known[book_id] for book_id, _ in wished if book_id in known]
        )

    return mine
