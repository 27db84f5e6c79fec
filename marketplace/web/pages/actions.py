"""What readers do with a book: rate it, wish for it, wave it away; every deed leads back to where it was done."""

from flask import Blueprint, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from marketplace.domain.errors import InteractionNotFound
from marketplace.domain.ids import MAX_ID, is_attribution
from marketplace.domain.interactions import MAX_HALF_STARS, InteractionKind
from marketplace.usecases.activity import Activity
from marketplace.usecases.cards import CardCache
from marketplace.web.flash import say
from marketplace.web.reader import current_reader, remember_reader
from marketplace.web.redirects import own_path

_BOOK = f"/books/<int(min=1,max={MAX_ID}):book_id>"


def blueprint(activity: Activity, cards: CardCache) -> Blueprint:
    """Posts to `/books/<id>/rating`, `/wish`, `/unwish` and `/not-interested`, and to `/undo`."""
    deeds = Blueprint("deeds", __name__)

    def title_of(book_id: int) -> str:
        return "".join(card.title for card in cards.of([book_id]).values())

    @deeds.post(f"{_BOOK}/rating")
    def rate(book_id: int) -> Response:
        half_stars = _half_stars(request.form.get("stars", ""))
        deed = activity.rate(current_reader(), book_id, half_stars, _attribution())
        remember_reader(deed.reader_id)
        say("rated", title=title_of(book_id), half_stars=half_stars)
        return _back(book_id)

    @deeds.post(f"{_BOOK}/wish")
    def wish(book_id: int) -> Response:
        remember_reader(activity.add_to_wishlist(current_reader(), book_id))
        say("wished", title=title_of(book_id))
        return _back(book_id)

    @deeds.post(f"{_BOOK}/unwish")
    def unwish(book_id: int) -> Response:
        activity.remove_from_wishlist(current_reader(), book_id)
        say("unwished", title=title_of(book_id))
        return _back(book_id)

    @deeds.post(f"{_BOOK}/not-interested")
    def wave_away(book_id: int) -> Response:
        deed = activity.dismiss(current_reader(), book_id, _attribution())
        remember_reader(deed.reader_id)
        say("waved-away", title=title_of(book_id), undo=deed.interaction.id)
        return _back(book_id)

    @deeds.post("/undo")
    def undo() -> Response:
        try:
            undone = activity.undo(current_reader(), request.form.get("interaction", ""))
        except InteractionNotFound:
            say("nothing-to-undo")
            return redirect(own_path(request.form.get("next", ""), url_for("home.index")), 303)
        rating = undone.kind is InteractionKind.RATING
        say("rating-removed" if rating else "undone", title=title_of(undone.book_id))
        return _back(undone.book_id)

    return deeds


def _half_stars(text: str) -> int:
    # Stars as the form names them: "0.5" to "5".
    known = {str(half / 2).removesuffix(".0"): half for half in range(1, MAX_HALF_STARS + 1)}
    if text not in known:
        abort(400)
    return known[text]


def _attribution() -> str:
    named = request.values.get("from", "")
    return named if is_attribution(named) else ""


def _back(book_id: int) -> Response:
    return redirect(own_path(request.form.get("next", ""), url_for("book.page", book_id=book_id)), 303)
