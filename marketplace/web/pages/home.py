"""The home page."""

from functools import lru_cache

from flask import Blueprint, render_template, request, session

from marketplace.usecases.shelves.page_shelves import Home
from marketplace.web.flash import has_messages
from marketplace.web.languages import current_language
from marketplace.web.reader import cart_is_filled, current_reader
from marketplace.web.shop import Shop

KEPT_PAGES = 200
"""Each has about 30 kB."""

_CSRF_TOKEN = "csrf_token"  # noqa: S105  (Flask-WTF's name for it)


def blueprint(shop: Shop) -> Blueprint:
    """`/`."""
    home = Blueprint("home", __name__)

    @lru_cache(KEPT_PAGES)
    def kept(_language: str, _reader_id: int, _cart_is_filled: bool, _csrf_token: str | None, page: Home) -> bytes:
        """The HTML, kept by all that it depends on: for visitors, and for readers who have done nothing new."""
        return _html(page)

    @home.get("/")
    def index() -> bytes:
        reader_id, csrf_token = current_reader(), session.get(_CSRF_TOKEN)
        page = shop.shelves.home(reader_id)
        # The first page with a form begins the token.
        if has_messages() or request.query_string or (session and csrf_token is None):
            return _html(page)
        return kept(current_language(), reader_id, cart_is_filled(), csrf_token, page)

    return home


def _html(page: Home) -> bytes:
    return render_template("home/index.html", page=page).encode()
