"""The home page."""

from flask import Blueprint, render_template

from marketplace.usecases.shelves import Shelves
from marketplace.web.reader import current_reader


def blueprint(shelves: Shelves) -> Blueprint:
    """`/`."""
    home = Blueprint("home", __name__)

    @home.get("/")
    def index() -> str:
        return render_template("home/index.html", page=shelves.home(current_reader()))

    return home
