"""The home page."""

from flask import Blueprint, render_template

from marketplace.pages.reader import current_reader
from marketplace.shelves import Shelves


def blueprint(shelves: Shelves) -> Blueprint:
    """`/`."""
    home = Blueprint("home", __name__)

    @home.get("/")
    def index() -> str:
        return render_template("home/index.html", page=shelves.home(current_reader()))

    return home
