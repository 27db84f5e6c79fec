"""The covers that the shop draws, as pictures that browsers may keep."""

from functools import lru_cache

from flask import Blueprint, Response, abort, url_for

from marketplace.covers import CoverSpec, cover_spec, draw, version_of
from marketplace.domain.books import Book, Card
from marketplace.web.forms import BOOK_ID
from marketplace.web.shop import Shop

DRAWINGS = 10_000
IMMUTABLE = "public, max-age=31536000, immutable"
# Another process may know the book's new title already, or not yet: nobody may keep this drawing.
NOT_KEPT = "public, no-cache"


def cover_url(book: Book | Card) -> str:
    """The address of a book's drawn cover; it changes with the drawing."""
    return url_for("cover.image", book_id=book.id, version=version_of(cover_spec(book)))


def blueprint(shop: Shop) -> Blueprint:
    """`/covers/<id>-<version>.svg`; an old or unknown version is answered with the current drawing."""
    cover = Blueprint("cover", __name__)

    @lru_cache(maxsize=DRAWINGS)
    def drawn(spec: CoverSpec) -> bytes:
        return draw(spec).encode()

    @cover.get(f"/covers/{BOOK_ID}-<version>.svg")
    def image(book_id: int, version: str) -> Response:
        card = shop.cards.of([book_id]).get(book_id)
        if card is None:
            abort(404)
        spec = cover_spec(card)
        response = Response(drawn(spec), mimetype="image/svg+xml")
        response.headers["Cache-Control"] = IMMUTABLE if version == version_of(spec) else NOT_KEPT
        return response

    return cover
