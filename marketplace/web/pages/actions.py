"""Book actions: rate, add to the wishlist, dismiss, undo."""

from flask import Blueprint, abort, url_for
from werkzeug.wrappers import Response

from marketplace.domain.errors import InteractionNotFound
from marketplace.domain.interactions import MAX_HALF_STARS, InteractionKind
from marketplace.web.flash import flash
from marketplace.web.forms import BOOK_ID, attribution, redirect_back, typed
from marketplace.web.reader import current_reader, remember_reader
from marketplace.web.shop import Shop

_BOOK = f"/books/{BOOK_ID}"


def blueprint(shop: Shop) -> Blueprint:
    """Posts to `/books/<id>/rating`, `/wish`, `/unwish` and `/not-interested`, and to `/undo`."""
    actions = Blueprint("actions", __name__)

    @actions.post(f"{_BOOK}/rating")
    def rate(book_id: int) -> Response:
        half_stars = _half_stars(typed("stars"))
        action = shop.activity.rate(current_reader(), book_id, half_stars, attribution())
        remember_reader(action.reader_id)
        flash("rated", title=shop.title(book_id), half_stars=half_stars)
        return _back(book_id)

    @actions.post(f"{_BOOK}/wish")
    def wish(book_id: int) -> Response:
        remember_reader(shop.activity.add_to_wishlist(current_reader(), book_id))
        flash("wished", title=shop.title(book_id))
        return _back(book_id)

    @actions.post(f"{_BOOK}/unwish")
    def unwish(book_id: int) -> Response:
        shop.activity.remove_from_wishlist(current_reader(), book_id)
        flash("unwished", title=shop.title(book_id))
        return _back(book_id)

    @actions.post(f"{_BOOK}/not-interested")
    def dismiss(book_id: int) -> Response:
        action = shop.activity.dismiss(current_reader(), book_id, attribution())
        remember_reader(action.reader_id)
        flash("dismissed", title=shop.title(book_id), undo=action.interaction.id)
        return _back(book_id)

    @actions.post("/undo")
    def undo() -> Response:
        try:
            undone = shop.activity.undo(current_reader(), typed("interaction"))
        except InteractionNotFound:
            flash("nothing-to-undo")
            return redirect_back(url_for("home.index"))
        is_rating = undone.kind is InteractionKind.RATING
        flash("rating-removed" if is_rating else "undone", title=shop.title(undone.book_id))
        return _back(undone.book_id)

    return actions


def _half_stars(text: str) -> int:
    # The form sends "0.5" to "5".
    half_stars = {str(half / 2).removesuffix(".0"): half for half in range(1, MAX_HALF_STARS + 1)}
    if text not in half_stars:
        abort(400)
    return half_stars[text]


def _back(book_id: int) -> Response:
    return redirect_back(url_for("book.page", book_id=book_id))
