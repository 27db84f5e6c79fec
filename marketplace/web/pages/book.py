"""A book's page; opening it is recorded as a view or a click."""

import secrets

import structlog
from flask import Blueprint, render_template, request
from werkzeug.exceptions import TooManyRequests

from marketplace.domain.errors import StoreUnavailable
from marketplace.domain.ids import NOBODY
from marketplace.domain.interactions import InteractionKind, Preference
from marketplace.domain.text import isbn_forms
from marketplace.store import UnitOfWork
from marketplace.web.forms import BOOK_ID, attribution
from marketplace.web.limits import Attempt
from marketplace.web.reader import current_reader, remember_reader
from marketplace.web.shop import Shop
from servicekit.deadline import deadline

RECORD_SECONDS = 0.25
"""How long a page waits to record that it was opened."""

log = structlog.get_logger()


def blueprint(shop: Shop) -> Blueprint:
    """`/books/<id>`, and `/books/<id>?from=<list>` for links in lists."""
    book = Blueprint("book", __name__)

    @book.get(f"/books/{BOOK_ID}")
    def page(book_id: int) -> str:
        reader_id = current_reader()
        with shop.store.read() as work:
            shown = work.books.get(book_id)
            ratings = work.interactions.ratings(book_id)
            preference = _preference(work, reader_id, book_id)
        similar = shop.shelves.similar(reader_id, shown)
        source = _source()
        if _is_opened_by_a_reader():
            try:
                with deadline(RECORD_SECONDS):
                    _record(shop, reader_id, book_id, source)
            except TooManyRequests:
                pass  # only the recording is limited; a log entry each would be without limit again
            except StoreUnavailable:
                # The page itself can still be shown.
                log.exception("activity_not_recorded")
        return render_template(
            "book/page.html",
            book=shown,
            isbn=isbn_forms(shown.isbn),
            ratings=ratings,
            preference=preference,
            subjects=shop.shelves.subjects(shown.subjects),
            similar=similar,
            attribution=source,
            addition_key=secrets.token_urlsafe(16),
        )

    return book


def _preference(work: UnitOfWork, reader_id: int, book_id: int) -> Preference:
    if reader_id == NOBODY:
        return Preference()
    by_kind = {interaction.kind: interaction for interaction in work.interactions.with_book(reader_id, book_id)}
    return Preference(
        rating=by_kind.get(InteractionKind.RATING),
        not_interested=by_kind.get(InteractionKind.NOT_INTERESTED),
        is_on_wishlist=work.wishlists.has(reader_id, book_id),
    )


def _record(shop: Shop, reader_id: int, book_id: int, source: str) -> None:
    # Opening a page changes the database, and needs no form: a reader has a limit too.
    if reader_id != NOBODY and shop.limiter.wait(Attempt.OPENING_BY_READER, str(reader_id)):
        raise TooManyRequests
    if not source:
        shop.activity.record_view(reader_id, book_id)
        return
    # Every click renews the cookie's year.
    remember_reader(shop.activity.record_click(reader_id, book_id, source))


def _is_opened_by_a_reader() -> bool:
    purposes = (request.headers.get("Sec-Purpose", ""), request.headers.get("Purpose", ""))
    return (
        request.method == "GET"
        and not any("prefetch" in purpose.lower() for purpose in purposes)
        and request.headers.get("Sec-Fetch-Dest", "document") == "document"
    )


def _source() -> str:
    """The list that led here; "" for a shared link, whose list is that of the reader who shared it."""
    is_own_link = request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}
    return attribution() if is_own_link else ""
