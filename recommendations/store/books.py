"""The copy of the catalogue."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Generic, TypeVar

from sqlalchemy import JSON, ColumnElement, Connection, Text, cast, func, select, update

from recommendations.domain.books import Book, Category
from recommendations.store.schema import books
from servicekit.database.statements import insert_into, is_any_of

FETCHED = 2000
"""Rows fetched at a time."""

T = TypeVar("T")

# JSON columns as text, which `_Lists` parses. Rows are unpacked in the order of the table's columns.
_COLUMNS = [cast(column, Text) if isinstance(column.type, JSON) else column for column in books.c]


class Books:
    """The books table over one connection; removed books stay in it, marked."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upsert(self, changed: Sequence[Book], today: date) -> set[int]:
        """Add or replace books; returns the ids of those that differ from what was there before.

        A new book keeps `today` as its `added_on`; a removed one is restored. Of several books with one id the last
        one wins. Needs a write transaction.
        """
        latest = {book.id: replace(book, added_on=today, removed=False) for book in changed}
        for before, _ in list(self._read(is_any_of(self._connection, books.c.book_id, latest))):
            latest[before.id] = replace(latest[before.id], added_on=before.added_on)
            if latest[before.id] == before:
                del latest[before.id]
        if latest:
            revision = self.revision() + 1
            statement = insert_into(self._connection, books)
            replaced = {column.name: statement.excluded[column.name] for column in books.c if not column.primary_key}
            self._connection.execute(
                statement.on_conflict_do_update(index_elements=[books.c.book_id], set_=replaced),
                [_row(book, revision) for book in latest.values()],
            )
        return set(latest)

    def remove(self, book_ids: Sequence[int]) -> set[int]:
        """Mark books as removed; returns the ids of those newly marked. Needs a write transaction."""
        on_sale = is_any_of(self._connection, books.c.book_id, book_ids) & ~books.c.removed
        removed = set(self._connection.scalars(select(books.c.book_id).where(on_sale)))
        if removed:
            marked = update(books).where(on_sale).values(removed=True, revision=self.revision() + 1)
            self._connection.execute(marked)
        return removed

    def get(self, book_ids: Sequence[int]) -> dict[int, Book]:
        """Those of these books that were ever in the catalogue, by id."""
        return {book.id: book for book, _ in self._read(is_any_of(self._connection, books.c.book_id, book_ids))}

    def revision(self) -> int:
        """The number of the catalogue's last change; 0 if it is empty."""
        return self._connection.scalar(select(func.coalesce(func.max(books.c.revision), 0))) or 0

    def ids(self) -> Sequence[int]:
        """The ids of all books, removed ones included."""
        return self._connection.scalars(select(books.c.book_id)).all()

    def changed_since(self, revision: int) -> tuple[list[Book], int]:
        """The books changed after `revision`, and the revision that this answer reaches."""
        changed = list(self._read(books.c.revision > revision))
        return [book for book, _ in changed], max((reached for _, reached in changed), default=revision)

    def _read(self, which: ColumnElement[bool]) -> Iterator[tuple[Book, int]]:
        """Books, each with the revision of its last change."""
        lists: _Lists[str] = _Lists(str)
        categories_: _Lists[Category] = _Lists(Category)
        days: dict[date | None, date | None] = {}
        rows = self._connection.execute(select(*_COLUMNS).where(which).execution_options(yield_per=FETCHED))
        for row in rows:
            id_, title, authors, categories, subjects, year, published, revision, added, *others = row
            isbn, removed, work, ratings_count, average_rating = others
            book = Book(
                id=id_,
                title=title,
                authors=lists.read(authors),
                categories=categories_.read(categories),
                subjects=lists.read(subjects),
                year=year,
                published_on=days.setdefault(published, published),
                added_on=days.setdefault(added, added),
                isbn=isbn,
                work=work,
                ratings_count=ratings_count,
                average_rating=average_rating,
                removed=removed,
            )
            yield book, revision


class _Lists(Generic[T]):
    """Parses JSON lists, each distinct text once, which halves the time of a start."""

    def __init__(self, entry: Callable[[Any], T]) -> None:
        self._entry = entry
        self._parsed: dict[str, tuple[T, ...]] = {}
        self._entries: dict[T, T] = {}

    def read(self, text: str) -> tuple[T, ...]:
        parsed = self._parsed.get(text)
        if parsed is None:
            entries = map(self._entry, json.loads(text))
            parsed = self._parsed[text] = tuple(self._entries.setdefault(entry, entry) for entry in entries)
        return parsed


def _row(book: Book, revision: int) -> dict[str, Any]:
    return {
        "book_id": book.id,
        "title": book.title,
        "authors": book.authors,
        "categories": book.categories,
        "subjects": book.subjects,
        "year": book.year,
        "published_on": book.published_on,
        "revision": revision,
        "added_on": book.added_on,
        "isbn": book.isbn,
        "removed": book.removed,
        "work": book.work,
        "ratings_count": book.ratings_count,
        "average_rating": book.average_rating,
    }
