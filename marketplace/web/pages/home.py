"""The home page."""

from flask import Blueprint, render_template, request, session

from marketplace.usecases.shelves.page_shelves import Home
from marketplace.web.languages import current_language
from marketplace.web.reader import current_reader
from marketplace.web.shop import Shop


def blueprint(shop: Shop) -> Blueprint:
    """`/`."""
    home = Blueprint("home", __name__)
    # By language, the page of visitors and its HTML, which is the same as long as the page is.
    rendered: dict[str, tuple[Home, bytes]] = {}

    @home.get("/")
    def index() -> bytes:
        page = shop.shelves.home(current_reader())
        if session or request.query_string:
            return _html(page)
        language = current_language()
        known, html = rendered.get(language, (None, b""))
        if known is not page:
            html = _html(page)
            rendered[language] = page, html
        return html

    return home


def _html(page: Home) -> bytes:
    return render_template("home/index.html", page=page).encode()
