"""The copy of the catalogue."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from recommendations.domain import Book, Category
from recommendations.store.schema import books
from servicekit.database import insert_into


class Books:
    """The books table over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upsert(self, changed: Sequence[Book]) -> int:
        """Add or replace books; returns how many differ from what was there before. Needs a write transaction."""
        before = self._by_id([book.id for book in changed])
        rows = [book for book in changed if before.get(book.id) != book]
        if not rows:
            return 0
        statement = insert_into(self._connection, books)
        replaced = {column.name: statement.excluded[column.name] for column in books.c if not column.primary_key}
        revision = self.revision() + 1
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=[books.c.book_id], set_=replaced),
            [_row(book, revision) for book in rows],
        )
        return len(rows)

    def revision(self) -> int:
        """The number of the catalogue's latest change; 0 while it is empty."""
        return self._connection.scalar(select(func.coalesce(func.max(books.c.revision), 0))) or 0

    def ids(self) -> Sequence[int]:
        """The id of every book."""
        return self._connection.scalars(select(books.c.book_id)).all()

    def changed_since(self, revision: int) -> tuple[list[Book], int]:
        """The books changed after `revision`, and the revision that this answer reaches."""
        rows = self._connection.execute(select(books).where(books.c.revision > revision)).all()
        return [_book(row) for row in rows], max((row.revision for row in rows), default=revision)

    def _by_id(self, ids: Sequence[int]) -> dict[int, Book]:
        rows = self._connection.execute(select(books).where(books.c.book_id.in_(ids)))
        return {row.book_id: _book(row) for row in rows}


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
    }


def _book(row: Row[Any]) -> Book:
    return Book(
        id=row.book_id,
        title=row.title,
        authors=tuple(row.authors),
        categories=tuple(map(Category, row.categories)),
        subjects=tuple(row.subjects),
        year=row.year,
        published_on=row.published_on,
    )
