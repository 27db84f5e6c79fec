"""A book's page, and what opening it says about the reader."""

import structlog
from flask import Blueprint, abort, render_template, request

from marketplace.activity import Activity
from marketplace.domain import GREATEST_ID, BookNotFound, StoreUnavailable, is_attribution
from marketplace.pages.reader import current_reader, remember_reader
from marketplace.store import Store

log = structlog.get_logger()


def blueprint(store: Store, activity: Activity) -> Blueprint:
    """`/books/<id>`, and `/books/<id>?from=<list>` where a list led to it."""
    book = Blueprint("book", __name__)

    @book.get(f"/books/<int(min=1,max={GREATEST_ID}):book_id>")
    def page(book_id: int) -> str:
        try:
            with store.read() as work:
                found = work.books.get(book_id)
        except BookNotFound:
            abort(404)
        if _is_opened_by_a_reader():
            try:
                _record(activity, book_id)
            except StoreUnavailable:
                # The reader came for the book; the shop's bookkeeping is no concern of theirs.
                log.exception("what a reader did could not be written down")
        return render_template("book/page.html", book=found)

    return book


def _record(activity: Activity, book_id: int) -> None:
    reader_id = current_reader()
    attribution = request.args.get("from", "")
    if not is_attribution(attribution):
        activity.viewed(reader_id, book_id)
        return
    # Every click renews the cookie's year.
    remember_reader(activity.clicked(reader_id, book_id, attribution))


def _is_opened_by_a_reader() -> bool:
    purposes = (request.headers.get("Sec-Purpose", ""), request.headers.get("Purpose", ""))
    return (
        request.method == "GET"
        and not any("prefetch" in purpose.lower() for purpose in purposes)
        and request.headers.get("Sec-Fetch-Dest", "document") == "document"
    )
