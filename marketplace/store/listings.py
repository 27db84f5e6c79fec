"""Paged lists of the books of a category, a subject or an author, and best-sellers."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, func, select

from marketplace.domain.books import BestSellers, Card, Listing, NamedListing, Sort
from marketplace.domain.categories import Category
from marketplace.domain.errors import AuthorNotFound, NotInCatalogue, SubjectNotFound
from marketplace.domain.subjects import ENOUGH_BOOKS, FEW_CATEGORIES, MAX_SHARE, MOST_SUBJECTS, Subject, Topic
from marketplace.store.books import Books
from marketplace.store.schema import book_authors, book_categories, book_subjects, books
from servicekit.database.statements import is_any_of

MAX_SORTED = 2000
"""Up to this number SQLite sorts the matching books; for more, scanning an index in the sort order is faster."""

_SLUG = re.compile(r"[a-z0-9-]+")
_POPULAR = (books.c.reader_count.desc(), books.c.ratings_count.desc(), books.c.book_id)
_ORDERS: dict[Sort, tuple[ColumnElement[Any], ...]] = {
    Sort.NEWEST: (books.c.year.desc().nulls_last(), books.c.book_id),
    Sort.TITLE: (books.c.sort_title, books.c.book_id),
    Sort.PRICE_ASCENDING: (books.c.price_minor.asc().nulls_last(), books.c.book_id),
    Sort.PRICE_DESCENDING: (books.c.price_minor.desc().nulls_last(), books.c.book_id),
}


def sort_columns(sort: Sort) -> tuple[ColumnElement[Any], ...]:
    """The columns to order by: ties by id, unknown values last; RELEVANCE without a query is popularity.

    Of books with equally many readers, as all in a new shop, the one with more ratings elsewhere comes first.
    """
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

    def by_author(self, slug: str, sort: Sort, *, limit: int, offset: int = 0) -> NamedListing:
        """A page of the books of the author with this slug.

        Raises AuthorNotFound.
        """
        return self._named(book_authors, books.c.authors, slug, AuthorNotFound, sort, limit=limit, offset=offset)

    def on_subject(self, slug: str, sort: Sort, *, limit: int, offset: int = 0) -> NamedListing:
        """A page of the books with the subject of this slug.

        Raises SubjectNotFound.
        """
        return self._named(book_subjects, books.c.subjects, slug, SubjectNotFound, sort, limit=limit, offset=offset)

    def subjects_of(self, ids: Iterable[int], slugs: Iterable[str]) -> list[tuple[int, str]]:
        """Which of these books have which of these subjects: pairs of an id and a slug."""
        of_books = is_any_of(self._connection, book_subjects.c.book_id, list(ids))
        pairs = select(book_subjects.c.book_id, book_subjects.c.slug).where(
            of_books, is_any_of(self._connection, book_subjects.c.slug, list(slugs))
        )
        rows = self._connection.execute(pairs.order_by(book_subjects.c.book_id, book_subjects.c.position))
        return [(row.book_id, row.slug) for row in rows]

    def best_sellers(self, limit: int) -> BestSellers:
        """The books with the most distinct readers, overall and of every topic, in the order of `sort_columns`."""
        overall = self._connection.scalars(
            select(books.c.book_id).where(~books.c.hidden).order_by(*_POPULAR).limit(limit)
        ).all()
        best: dict[Topic, Sequence[int]] = {
            Category(number): ids for number, ids in sorted(self._best_of(book_categories.c.category, limit).items())
        }
        if sum(len(ids) >= ENOUGH_BOOKS for ids in best.values()) < FEW_CATEGORIES:
            best |= self._best_of_subjects(limit)
        cards = Books(self._connection).cards({*overall, *(book_id for ids in best.values() for book_id in ids)})

        def cards_of_all(ids: Iterable[int]) -> tuple[Card, ...]:
            return tuple(cards[book_id] for book_id in ids if book_id in cards)

        return BestSellers(
            overall=cards_of_all(overall), by_topic={topic: cards_of_all(ids) for topic, ids in best.items()}
        )

    def _best_of_subjects(self, limit: int) -> dict[Topic, Sequence[int]]:
        slug, number = book_subjects.c.slug, func.count()
        total = self._connection.execute(select(func.count()).where(~books.c.hidden)).scalar_one()
        frequent = (
            select(slug)
            .group_by(slug)
            .having(number.between(ENOUGH_BOOKS, total * MAX_SHARE))
            .order_by(number.desc(), slug)
        )
        slugs = self._connection.scalars(frequent.limit(MOST_SUBJECTS)).all()
        best = self._best_of(slug, limit, is_any_of(self._connection, slug, slugs))
        first = {ids[0]: None for ids in best.values()}
        named = (
            select(books.c.book_id, slug, books.c.subjects, book_subjects.c.position)
            .join_from(book_subjects, books, books.c.book_id == book_subjects.c.book_id)
            .where(is_any_of(self._connection, books.c.book_id, first))
        )
        names = {(row.book_id, row.slug): row.subjects[row.position] for row in self._connection.execute(named)}
        # A book may have changed since the statement before.
        return {
            Subject(slug, names[best[slug][0], slug]): best[slug]
            for slug in slugs
            if slug in best and (best[slug][0], slug) in names
        }

    def _best_of(self, key: Column[Any], limit: int, *conditions: ColumnElement[bool]) -> dict[Any, list[int]]:
        """The ids of the books with most readers for each value of a column of an index table."""
        rank = func.row_number().over(partition_by=key, order_by=_POPULAR).label("rank")
        ranked = (
            select(key.label("key"), books.c.book_id, rank)
            .join_from(books, key.table, books.c.book_id == key.table.c.book_id)
            .where(*conditions)
            .subquery()
        )
        best: dict[Any, list[int]] = {}
        rows = select(ranked).where(ranked.c.rank <= limit).order_by(ranked.c.key, ranked.c.rank)
        for row in self._connection.execute(rows):
            best.setdefault(row.key, []).append(row.book_id)
        return best

    def _named(
        self,
        table: Table,
        names: Column[Any],
        slug: str,
        not_found: type[NotInCatalogue],
        sort: Sort,
        *,
        limit: int,
        offset: int,
    ) -> NamedListing:
        # The slug is user input, and PostgreSQL does not accept every text as a parameter.
        if not _SLUG.fullmatch(slug):
            raise not_found("no such name")
        most_popular = self._connection.execute(
            select(names, table.c.position)
            .join_from(table, books, books.c.book_id == table.c.book_id)
            .where(table.c.slug == slug)
            .order_by(*_POPULAR)
            .limit(1)
        ).first()
        if most_popular is None:
            raise not_found(f"no name {slug!r}")
        selected = select(table.c.book_id).where(table.c.slug == slug)
        page = self._page(selected, table.c.book_id, sort, limit=limit, offset=offset)
        return NamedListing(name=most_popular[0][most_popular.position], cards=page.cards, total=page.total)

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
