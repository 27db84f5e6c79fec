"""The home page."""

from flask import Blueprint, abort, render_template, request

from marketplace.domain import Category, CategoryNotFound
from marketplace.pages.reader import current_reader
from marketplace.shelves import Shelves


def blueprint(shelves: Shelves) -> Blueprint:
    """`/` and `/?category=science-fiction`."""
    home = Blueprint("home", __name__)

    @home.get("/")
    def index() -> str:
        slug = request.args.get("category", "")
        category = Category.parse(slug)
        if slug and (category is None or category.slug != slug):
            abort(404)
        try:
            page = shelves.home(current_reader(), category)
        except CategoryNotFound:
            abort(404)
        return render_template("home/index.html", page=page, asked=category)

    return home
