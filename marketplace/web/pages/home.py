"""The home page."""

from flask import Blueprint, render_template

from marketplace.web.reader import current_reader
from marketplace.web.shop import Shop


def blueprint(shop: Shop) -> Blueprint:
    """`/`."""
    home = Blueprint("home", __name__)

    @home.get("/")
    def index() -> str:
        return render_template("home/index.html", page=shop.shelves.home(current_reader()))

    return home
