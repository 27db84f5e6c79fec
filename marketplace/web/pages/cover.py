"""The covers that the shop draws, as pictures that browsers may keep."""

from functools import lru_cache

from flask import Blueprint, Response, abort, url_for

from marketplace.covers import Brief, brief_of, draw, version_of
from marketplace.domain.books import Book, Card
from marketplace.domain.ids import MAX_ID
from marketplace.usecases.cards import CardCache

REMEMBERED = 10_000
KEPT = "public, max-age=31536000, immutable"
# Another process may know the book's new title already, or not yet: this drawing must not outlive the request.
NOT_KEPT = "public, no-cache"


def cover_url(book: Book | Card) -> str:
    """The address of the cover drawn for a book, another one as soon as the drawing is."""
    return url_for("cover.image", book_id=book.id, version=version_of(brief_of(book)))


def blueprint(cards: CardCache) -> Blueprint:
    """`/covers/<id>-<version>.svg`; a version that is not the current one is answered with the current drawing."""
    cover = Blueprint("cover", __name__)

    @lru_cache(maxsize=REMEMBERED)
    def drawn(brief: Brief) -> bytes:
        return draw(brief).encode()

    @cover.get(f"/covers/<int(min=1,max={MAX_ID}):book_id>-<version>.svg")
    def image(book_id: int, version: str) -> Response:
        card = cards.of([book_id]).get(book_id)
        if card is None:
            abort(404)
        brief = brief_of(card)
        response = Response(drawn(brief), mimetype="image/svg+xml")
        response.headers["Cache-Control"] = KEPT if version == version_of(brief) else NOT_KEPT
        return response

    return cover
