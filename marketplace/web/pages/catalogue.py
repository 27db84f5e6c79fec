"""The catalogue's shelves: of a category and of an author."""

from flask import Blueprint, render_template

from marketplace.domain.categories import Category
from marketplace.domain.errors import CategoryNotFound
from marketplace.store import Store
from marketplace.usecases.shelves import Shelves
from marketplace.web.paging import PAGE, page_number, paged, sort_asked
from marketplace.web.reader import current_reader


def blueprint(store: Store, shelves: Shelves) -> Blueprint:
    """`/categories`, `/categories/<slug>` and `/authors/<slug>`."""
    catalogue = Blueprint("catalogue", __name__)

    @catalogue.get("/categories")
    def categories() -> str:
        return render_template("catalogue/categories.html", categories=shelves.categories())

    @catalogue.get("/categories/<slug>")
    def category(slug: str) -> str:
        asked = Category.parse(slug)
        if asked is None or asked.slug != slug or asked not in shelves.categories():
            raise CategoryNotFound
        sort, sorts = sort_asked()
        number = page_number()
        with store.read() as work:
            listing = work.listings.in_category(asked, sort, limit=PAGE, offset=(number - 1) * PAGE)
        return render_template(
            "catalogue/category.html",
            category=asked,
            picked=shelves.of_category(current_reader(), asked) if number == 1 else None,
            cards=listing.cards,
            pages=paged(listing.total, PAGE, number),
            sort=sort,
            sorts=sorts,
        )

    @catalogue.get("/authors/<slug>")
    def author(slug: str) -> str:
        sort, sorts = sort_asked()
        number = page_number()
        with store.read() as work:
            listing = work.listings.by_author(slug, sort, limit=PAGE, offset=(number - 1) * PAGE)
        return render_template(
            "catalogue/author.html",
            name=listing.name,
            cards=listing.cards,
            pages=paged(listing.total, PAGE, number),
            sort=sort,
            sorts=sorts,
        )

    return catalogue
