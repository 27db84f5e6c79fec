"""Paged lists of a category's or an author's books."""

import re
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from marketplace.domain.books import AuthorListing, Card, Listing, Sort
from marketplace.domain.categories import Category
from marketplace.domain.errors import AuthorNotFound
from marketplace.store.books import Books
from marketplace.store.schema import book_authors, book_categories, books

MAX_SORTED = 2000
"""Up to this number SQLite sorts the matching books; for more, scanning an index in the sort order is faster."""

_SLUG = re.compile(r"[a-z0-9-]+")
_POPULAR = (books.c.reader_count.desc(), books.c.book_id)
_ORDERS: dict[Sort, tuple[ColumnElement[Any], ...]] = {
    Sort.NEWEST: (books.c.year.desc().nulls_last(), books.c.book_id),
    Sort.TITLE: (books.c.sort_title, books.c.book_id),
    Sort.PRICE_ASCENDING: (books.c.price_minor.asc().nulls_last(), books.c.book_id),
    Sort.PRICE_DESCENDING: (books.c.price_minor.desc().nulls_last(), books.c.book_id),
}


def sort_columns(sort: Sort) -> tuple[ColumnElement[Any], ...]:
    """The columns to order by: ties by id, unknown values last; RELEVANCE without a query is popularity."""
    return _ORDERS.get(sort, _POPULAR)


class Listings:
    """Lists of books, within one transaction."""

    def __init__(self, connection: Connection, *, max_sorted: int = MAX_SORTED) -> None:
        self._connection = connection
        self._max_sorted = max_sorted

    def in_category(self, category: Category, sort: Sort, *, limit: int, offset: int = 0) -> Listing:
        """A page of the books of a category; empty if it has none."""
        of_category = select(book_categories.c.book_id).where(book_categories.c.category == category)
        return self._page(of_category, book_categories.c.book_id, sort, limit=limit, offset=offset)

    def by_author(self, slug: str, sort: Sort, *, limit: int, offset: int = 0) -> AuthorListing:
        """A page of the books of the author with this slug.

        Raises AuthorNotFound.
        """
        # The slug is user input, and PostgreSQL does not accept every text as a parameter.
        if not _SLUG.fullmatch(slug):
            raise AuthorNotFound("no such author")
        by_author = select(book_authors.c.book_id).where(book_authors.c.slug == slug)
        most_popular = self._connection.execute(
            select(books.c.authors, book_authors.c.position)
            .join_from(book_authors, books, books.c.book_id == book_authors.c.book_id)
            .where(book_authors.c.slug == slug)
            .order_by(*_POPULAR)
            .limit(1)
        ).first()
        if most_popular is None:
            raise AuthorNotFound(f"no author {slug!r}")
        page = self._page(by_author, book_authors.c.book_id, sort, limit=limit, offset=offset)
        return AuthorListing(name=most_popular.authors[most_popular.position], cards=page.cards, total=page.total)

    def _page(self, selected: Any, book_id: ColumnElement[int], sort: Sort, *, limit: int, offset: int) -> Listing:
        total = self._connection.execute(select(func.count()).select_from(selected.subquery())).scalar_one()
        # IN makes SQLite look up each id and sort; EXISTS makes it scan the index in the sort order. PostgreSQL
        # estimates the number of rows and decides for itself.
        is_selected = (
            books.c.book_id.in_(selected)
            if total <= self._max_sorted
            else selected.where(book_id == books.c.book_id).exists()
        )
        page = select(books.c.book_id).where(is_selected).order_by(*sort_columns(sort)).limit(limit).offset(offset)
        ids = self._connection.scalars(page).all() if offset < total else ()
        return Listing(cards=cards_of(self._connection, ids), total=total)


def cards_of(connection: Connection, ids: Any) -> tuple[Card, ...]:
    """The cards of these books in this order, without books that were hidden meanwhile."""
    cards = Books(connection).cards(ids)
    return tuple(cards[book_id] for book_id in ids if book_id in cards)
