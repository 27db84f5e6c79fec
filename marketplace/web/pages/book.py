"""A book's page, and what opening it says about the reader."""

import structlog
from flask import Blueprint, render_template, request

from marketplace.domain.errors import StoreUnavailable
from marketplace.domain.ids import MAX_ID, NOBODY, is_attribution
from marketplace.domain.interactions import InteractionKind, Preference
from marketplace.store import Store, UnitOfWork
from marketplace.usecases.activity import Activity
from marketplace.usecases.shelves import Shelves
from marketplace.web.reader import current_reader, remember_reader

log = structlog.get_logger()


def blueprint(store: Store, shelves: Shelves, activity: Activity) -> Blueprint:
    """`/books/<id>`, and `/books/<id>?from=<list>` where a list led to it."""
    book = Blueprint("book", __name__)

    @book.get(f"/books/<int(min=1,max={MAX_ID}):book_id>")
    def page(book_id: int) -> str:
        reader_id = current_reader()
        with store.read() as work:
            found = work.books.get(book_id)
            ratings = work.interactions.ratings(book_id)
            standing = _standing(work, reader_id, book_id)
        similar = shelves.similar(reader_id, found)
        attribution = _list_that_led_here()
        if _is_opened_by_a_reader():
            try:
                _record(activity, book_id, attribution)
            except StoreUnavailable:
                # The reader came for the book; the shop's bookkeeping is no concern of theirs.
                log.exception("what a reader did could not be written down")
        return render_template(
            "book/page.html",
            book=found,
            ratings=ratings,
            standing=standing,
            similar=similar,
            attribution=attribution,
        )

    return book


def _standing(work: UnitOfWork, reader_id: int, book_id: int) -> Preference:
    if reader_id == NOBODY:
        return Preference()
    opinions = {each.kind: each for each in work.interactions.with_book(reader_id, book_id)}
    return Preference(
        rating=opinions.get(InteractionKind.RATING),
        not_interested=opinions.get(InteractionKind.NOT_INTERESTED),
        is_on_wishlist=work.wishes.has(reader_id, book_id),
    )


def _record(activity: Activity, book_id: int, attribution: str) -> None:
    reader_id = current_reader()
    if not attribution:
        activity.record_view(reader_id, book_id)
        return
    # Every click renews the cookie's year.
    remember_reader(activity.record_click(reader_id, book_id, attribution))


def _is_opened_by_a_reader() -> bool:
    purposes = (request.headers.get("Sec-Purpose", ""), request.headers.get("Purpose", ""))
    return (
        request.method == "GET"
        and not any("prefetch" in purpose.lower() for purpose in purposes)
        and request.headers.get("Sec-Fetch-Dest", "document") == "document"
    )


def _list_that_led_here() -> str:
    # A link that somebody shared names the list of another reader: it led this one to the book, and is no click here.
    is_ours = request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
    named = request.args.get("from", "")
    return named if is_ours and is_attribution(named) else ""
