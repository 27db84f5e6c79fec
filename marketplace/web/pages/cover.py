"""The drawn covers, as images that browsers may cache."""

from functools import lru_cache

from flask import Blueprint, Response, abort, url_for

from marketplace.covers import CoverSpec, cover_spec, draw, version_of
from marketplace.domain.books import Book, Card
from marketplace.web.forms import BOOK_ID
from marketplace.web.security import REVALIDATED
from marketplace.web.shop import Shop

MAX_DRAWINGS = 4_000
"""Each has about 1.5 kB."""
IMMUTABLE = "public, max-age=31536000, immutable"


def cover_url(book: Book | Card) -> str:
    """The URL of a book's drawn cover; it changes with the drawing."""
    return url_for("cover.image", book_id=book.id, version=version_of(cover_spec(book)))


def blueprint(shop: Shop) -> Blueprint:
    """`/covers/<id>-<version>.svg`; an old or unknown version is answered with the current drawing."""
    cover = Blueprint("cover", __name__)

    @lru_cache(maxsize=MAX_DRAWINGS)
    def drawn(spec: CoverSpec) -> bytes:
        return draw(spec).encode()

    @cover.get(f"/covers/{BOOK_ID}-<version>.svg")
    def image(book_id: int, version: str) -> Response:
        card = shop.cards.of([book_id]).get(book_id)
        if card is None:
            abort(404)
        spec = cover_spec(card)
        response = Response(drawn(spec), mimetype="image/svg+xml")
        # Another process may know a newer or older title of the book, so no cache may reuse this drawing.
        response.headers["Cache-Control"] = IMMUTABLE if version == version_of(spec) else REVALIDATED
        return response

    return cover
