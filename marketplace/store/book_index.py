"""The index of offered books: their categories, authors, subjects and folded words, and the vocabulary of all."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.subjects import subject_slug
from marketplace.domain.text import folded_words, isbn13, slug
from marketplace.store.schema import book_authors, book_categories, book_search, book_subjects, books, search_terms
from marketplace.store.search.words import index_words
from servicekit.database.statements import insert_rows, is_any_of


class IndexEntry(NamedTuple):
    """The rows of a book in the tables of the index."""

    words: dict[str, Any]
    authors: Sequence[dict[str, Any]]
    subjects: Sequence[dict[str, Any]]
    categories: Sequence[dict[str, Any]]


def index_entry(book: Book) -> IndexEntry:
    """The index entry of a book."""
    return IndexEntry(
        words={
            "book_id": book.id,
            "title": " ".join(index_words(book.title)),
            "authors": " ".join(_all_words(book.authors)),
            "subjects": " ".join(_all_words([*book.subjects, *_category_names(book)])),
            "isbn": isbn13(book.isbn) or " ".join(folded_words(book.isbn)),
        },
        authors=_name_rows(book.id, book.authors, slug),
        subjects=_name_rows(book.id, book.subjects, subject_slug),
        categories=[{"book_id": book.id, "category": int(category)} for category in book.categories],
    )


class BookIndex:
    """The index of the catalogue, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, batches: Iterable[Sequence[IndexEntry]]) -> None:
        """Add or replace the index entries of books, each book's at most once.

        The vocabulary is updated at the end, since all batches share most words.
        """
        vocabulary: Counter[str] = Counter()
        for entries in batches:
            ids = [entry.words["book_id"] for entry in entries]
            words = [entry.words for entry in entries]
            vocabulary.subtract(chain.from_iterable(map(_words, self._rows(ids))))
            vocabulary.update(chain.from_iterable(map(_words, words)))
            insert_rows(self._connection, book_search, words, key="book_id")
            for table, rows in (
                (book_authors, [row for entry in entries for row in entry.authors]),
                (book_subjects, [row for entry in entries for row in entry.subjects]),
                (book_categories, [row for entry in entries for row in entry.categories]),
            ):
                self._connection.execute(delete(table).where(is_any_of(self._connection, table.c.book_id, ids)))
                insert_rows(self._connection, table, rows)
        self._update(vocabulary)

    def remove(self, ids: Sequence[int]) -> None:
        """Remove books from the index; call it before they are hidden or deleted."""
        vocabulary: Counter[str] = Counter()
        vocabulary.subtract(chain.from_iterable(map(_words, self._rows(ids))))
        for table in (book_search, book_authors, book_subjects, book_categories):
            self._connection.execute(delete(table).where(is_any_of(self._connection, table.c.book_id, ids)))
        self._update(vocabulary)

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

    def _update(self, vocabulary: Counter[str]) -> None:
        """Add to the numbers of books that have a word; a word that none has any more is removed."""
        # Sorted, so that concurrent writers lock the rows in one order and cannot deadlock.
        changes = sorted((word, books) for word, books in vocabulary.items() if books and _is_term(word))
        if not changes:
            return
        counts = [{"term": term, "books": books} for term, books in changes]
        insert_rows(self._connection, search_terms, counts, key="term", update=lambda new: search_terms.c.books + new)
        if fewer := [term for term, books in changes if books < 0]:
            unused = delete(search_terms).where(
                is_any_of(self._connection, search_terms.c.term, fewer), search_terms.c.books <= 0
            )
            self._connection.execute(unused)


def _all_words(texts: Iterable[str]) -> Iterable[str]:
    # Each text by itself, because folding joins initials, which must not happen across names.
    return (word for text in texts for word in index_words(text))


def _category_names(book: Book) -> Iterable[str]:
    # A subject may be a category's other name: `Sci-Fi` is found as science fiction.
    categories = dict.fromkeys([*book.categories, *filter(None, map(Category.named, book.subjects))])
    return (name for category in categories for name in (category.label, *category.other_names))


def _is_term(word: str) -> bool:
    """Whether queries are corrected to a word: no number, and no single letter."""
    return word.isalpha() and len(word) > 1


def _words(row: dict[str, Any]) -> set[str]:
    return set(f"{row['title']} {row['authors']} {row['subjects']}".split())


def _name_rows(book_id: int, names: Iterable[str], slug_of: Callable[[str], str]) -> list[dict[str, Any]]:
    positions: dict[str, int] = {}
    for position, name in enumerate(names):
        if name_slug := slug_of(name):
            positions.setdefault(name_slug, position)
    return [{"book_id": book_id, "slug": name, "position": position} for name, position in positions.items()]
