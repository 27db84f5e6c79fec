"""The catalogue by category and by author."""

from flask import Blueprint, render_template

from marketplace.domain.categories import Category
from marketplace.domain.errors import CategoryNotFound
from marketplace.web.paging import PAGE, page_number, paged, sort_order
from marketplace.web.reader import current_reader
from marketplace.web.shop import Shop


def blueprint(shop: Shop) -> Blueprint:
    """`/categories`, `/categories/<slug>` and `/authors/<slug>`."""
    catalogue = Blueprint("catalogue", __name__)

    @catalogue.get("/categories")
    def categories() -> str:
        return render_template("catalogue/categories.html", categories=shop.shelves.categories())

    @catalogue.get("/categories/<slug>")
    def category(slug: str) -> str:
        shown = Category.parse(slug)
        if shown is None or shown.slug != slug or shown not in shop.shelves.categories():
            raise CategoryNotFound
        sort, sorts = sort_order()
        number = page_number()
        with shop.store.read() as work:
            listing = work.listings.in_category(shown, sort, limit=PAGE, offset=(number - 1) * PAGE)
        return render_template(
            "catalogue/category.html",
            category=shown,
            picked=shop.shelves.of_category(current_reader(), shown) if number == 1 else None,
            cards=listing.cards,
            pages=paged(listing.total, PAGE, number),
            sort=sort,
            sorts=sorts,
        )

    @catalogue.get("/authors/<slug>")
    def author(slug: str) -> str:
        sort, sorts = sort_order()
        number = page_number()
        with shop.store.read() as work:
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
