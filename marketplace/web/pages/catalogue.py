"""The catalogue by category, by subject and by author."""

from flask import Blueprint, render_template

from marketplace.domain.books import Listing
from marketplace.domain.categories import Category
from marketplace.domain.errors import CategoryNotFound
from marketplace.domain.subjects import Subject, Topic
from marketplace.web.paging import PAGE, page_number, paged, sort_order
from marketplace.web.reader import current_reader
from marketplace.web.shop import Shop


def blueprint(shop: Shop) -> Blueprint:
    """`/categories`, `/categories/<slug>`, `/subjects/<slug>` and `/authors/<slug>`."""
    catalogue = Blueprint("catalogue", __name__)

    @catalogue.get("/categories")
    def categories() -> str:
        return render_template("catalogue/categories.html", topics=shop.shelves.topics())

    @catalogue.get("/categories/<slug>")
    def category(slug: str) -> str:
        shown = Category.parse(slug)
        if shown is None or shown.slug != slug or shown not in shop.shelves.topics():
            raise CategoryNotFound
        sort, _ = sort_order()
        with shop.store.read() as work:
            listing = work.listings.in_category(shown, sort, limit=PAGE, offset=_offset())
        return _topic_page(shop, shown, listing)

    @catalogue.get("/subjects/<slug>")
    def subject(slug: str) -> str:
        sort, _ = sort_order()
        with shop.store.read() as work:
            listing = work.listings.on_subject(slug, sort, limit=PAGE, offset=_offset())
        return _topic_page(shop, Subject(slug, listing.name), listing)

    @catalogue.get("/authors/<slug>")
    def author(slug: str) -> str:
        sort, sorts = sort_order()
        with shop.store.read() as work:
            listing = work.listings.by_author(slug, sort, limit=PAGE, offset=_offset())
        return render_template(
            "catalogue/author.html",
            name=listing.name,
            cards=listing.cards,
            pages=paged(listing.total, PAGE, page_number()),
            sort=sort,
            sorts=sorts,
        )

    return catalogue


def _offset() -> int:
    return (page_number() - 1) * PAGE


def _topic_page(shop: Shop, topic: Topic, listing: Listing) -> str:
    sort, sorts = sort_order()
    number = page_number()
    return render_template(
        "catalogue/topic.html",
        topic=topic,
        picked=shop.shelves.of_topic(current_reader(), topic) if number == 1 else None,
        cards=listing.cards,
        pages=paged(listing.total, PAGE, number),
        sort=sort,
        sorts=sorts,
    )
