"""The index of offered books: their categories, authors, subjects and folded words, and the vocabulary of all."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import ARRAY, Connection, Integer, Text, delete, func, insert, literal, select

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.subjects import subject_slug
from marketplace.domain.text import folded_words, isbn13, slug
from marketplace.store.schema import book_authors, book_categories, book_search, book_subjects, books, search_terms
from marketplace.store.search.words import index_words
from servicekit.database.statements import insert_into, is_any_of


class BookIndex:
    """The index of the catalogue, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, changed: Sequence[Book]) -> None:
        """Add or replace the index entries of these books, each id at most once."""
        if not changed:
            return
        ids = [book.id for book in changed]
        rows = [_row(book) for book in changed]
        self._recount(before=self._rows(ids), after=rows)
        self._connection.execute(self._upsert(), rows)
        for table, entries in (
            (book_authors, [row for book in changed for row in _name_rows(book.id, book.authors, slug)]),
            (book_subjects, [row for book in changed for row in _name_rows(book.id, book.subjects, subject_slug)]),
            (book_categories, [row for book in changed for row in _category_rows(book)]),
        ):
            self._connection.execute(delete(table).where(is_any_of(self._connection, table.c.book_id, ids)))
            if entries:
                self._connection.execute(insert(table), entries)

    def remove(self, ids: Sequence[int]) -> None:
        """Remove books from the index; call it before they are hidden or deleted."""
        self._recount(before=self._rows(ids), after=[])
        for table in (book_search, book_authors, book_subjects, book_categories):
            self._connection.execute(delete(table).where(is_any_of(self._connection, table.c.book_id, ids)))

    def missing(self, limit: int) -> list[int]:
        """The ids of some offered books that are not in the index."""
        indexed = select(book_search.c.book_id).where(book_search.c.book_id == books.c.book_id)
        missing = select(books.c.book_id).where(~books.c.hidden, ~indexed.exists())
        return list(self._connection.scalars(missing.order_by(books.c.book_id).limit(limit)))

    def _rows(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        rows = self._connection.execute(
            select(book_search).where(is_any_of(self._connection, book_search.c.book_id, ids))
        )
        return [dict(row) for row in rows.mappings()]

    def _upsert(self) -> Any:
        statement = insert_into(self._connection, book_search)
        names = ("title", "authors", "subjects", "isbn")
        replaced = {name: statement.excluded[name] for name in names}
        return statement.on_conflict_do_update(index_elements=[book_search.c.book_id], set_=replaced)

    def _recount(self, *, before: Iterable[dict[str, Any]], after: Iterable[dict[str, Any]]) -> None:
        difference: Counter[str] = Counter()
        for row in after:
            difference.update(_vocabulary(row))
        for row in before:
            difference.subtract(_vocabulary(row))
        # Sorted, so that concurrent writers lock the rows in one order and cannot deadlock.
        changes = sorted((term, books) for term, books in difference.items() if books)
        if not changes:
            return
        self._connection.execute(*self._add_counts(changes))
        if fewer := [term for term, books in changes if books < 0]:
            unused = delete(search_terms).where(
                is_any_of(self._connection, search_terms.c.term, fewer), search_terms.c.books <= 0
            )
            self._connection.execute(unused)

    def _add_counts(self, changes: list[tuple[str, int]]) -> tuple[Any, ...]:
        statement = insert_into(self._connection, search_terms)
        total = {"books": search_terms.c.books + statement.excluded.books}
        if self._connection.dialect.name == "postgresql":
            # Two array parameters are much faster in PostgreSQL than two parameters for each row.
            terms = func.unnest(literal([term for term, _ in changes], ARRAY(Text)), type_=Text)
            numbers = func.unnest(literal([books for _, books in changes], ARRAY(Integer)), type_=Integer)
            rows = statement.from_select(["term", "books"], select(terms, numbers))
            return (rows.on_conflict_do_update(index_elements=[search_terms.c.term], set_=total),)
        upsert = statement.on_conflict_do_update(index_elements=[search_terms.c.term], set_=total)
        return upsert, [{"term": term, "books": books} for term, books in changes]


def _row(book: Book) -> dict[str, Any]:
    return {
        "book_id": book.id,
        "title": " ".join(index_words(book.title)),
        "authors": " ".join(_all_words(book.authors)),
        "subjects": " ".join(_all_words([*book.subjects, *_category_names(book)])),
        "isbn": isbn13(book.isbn) or " ".join(folded_words(book.isbn)),
    }


def _all_words(texts: Iterable[str]) -> Iterable[str]:
    # Each text by itself, because folding joins initials, which must not happen across names.
    return (word for text in texts for word in index_words(text))


def _category_names(book: Book) -> Iterable[str]:
    # A subject may be a category's other name: `Sci-Fi` is found as science fiction.
    categories = dict.fromkeys([*book.categories, *filter(None, map(Category.named, book.subjects))])
    return (name for category in categories for name in (category.label, *category.other_names))


def _vocabulary(row: dict[str, Any]) -> set[str]:
    words = f"{row['title']} {row['authors']} {row['subjects']}".split()
    return {word for word in words if word.isalpha() and len(word) > 1}


def _name_rows(book_id: int, names: Iterable[str], slug_of: Callable[[str], str]) -> list[dict[str, Any]]:
    positions: dict[str, int] = {}
    for position, name in enumerate(names):
        if name_slug := slug_of(name):
            positions.setdefault(name_slug, position)
    return [{"book_id": book_id, "slug": name, "position": position} for name, position in positions.items()]


def _category_rows(book: Book) -> list[dict[str, Any]]:
    return [{"book_id": book.id, "category": int(category)} for category in book.categories]
