"""The catalogue by rows: which books are on which shelf, and in which order they fill a list up."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date
from itertools import islice

import numpy as np
import numpy.typing as npt

from recommendations.domain import Book, Category
from recommendations.model.vocabulary import ABSENT, Rows, Vocabulary


@dataclass(frozen=True, slots=True)
class ShelfRows:
    """What stands on a shelf: for each row of the catalogue whether it does, and those that do in order.

    The order is that in which they fill a list up: the most readers first, among equals the newest.
    """

    has: npt.NDArray[np.bool_]
    by_popularity: list[int]

    def most_popular(self, most: int, *, without: Set[int]) -> list[int]:
        """The first `most` of them that are not among `without`."""
        return list(islice((row for row in self.by_popularity if row not in without), most))


class Catalogue:
    """One state of the catalogue, never changed: a new state is a new object.

    The rows are the model's own, and after them come the books that it has not learned of yet, ascending by id.
    """

    def __init__(
        self, learned: Vocabulary, books: Mapping[int, Book], readers_of_book: npt.NDArray[np.int32]
    ) -> None:
        later = np.fromiter(sorted(id_ for id_ in books if learned.row(id_) == ABSENT), dtype=np.int32)
        self.books = books
        self.ids = np.concatenate([learned.ids, later])
        self._learned = learned
        self._later = Vocabulary(later)
        readers = np.concatenate([readers_of_book, np.zeros(len(later), dtype=np.int32)])
        present = [books.get(id_) for id_ in self.ids.tolist()]
        self._on_shelf = _shelf_bits(present)
        self.on_sale = np.fromiter((book is not None for book in present), dtype=np.bool_, count=len(present))
        self.has_readers = readers > 0
        newest_first = np.fromiter((-_newness(book) for book in present), dtype=np.int64, count=len(present))
        self._by_popularity = np.lexsort((self.ids, newest_first, -readers)).astype(np.int32)
        self._shelves: dict[Category | None, ShelfRows] = {}

    def rows(self, ids: npt.ArrayLike) -> Rows:
        """The rows of those ids that have one."""
        rows = self._learned.rows(ids)
        if len(self._later):
            later = self._later.rows(ids)
            rows = np.where(later == ABSENT, rows, later + len(self._learned)).astype(np.int32)
        found: Rows = rows[rows != ABSENT]
        return found

    def book(self, row: int) -> Book:
        """The book at a row that is on sale."""
        return self.books[int(self.ids[row])]

    def shelf(self, category: Category | None) -> ShelfRows:
        """The shelf of a category, or of all."""
        shelf = self._shelves.get(category)
        if shelf is None:
            # Two threads may both make it; they make the same.
            shelf = self._shelves[category] = self._make_shelf(category)
        return shelf

    def _make_shelf(self, category: Category | None) -> ShelfRows:
        has = self.on_sale
        if category is not None:
            has = (self._on_shelf & np.uint64(1 << category)).astype(np.bool_)
        return ShelfRows(has=has, by_popularity=self._by_popularity[has[self._by_popularity]].tolist())


def _shelf_bits(books: list[Book | None]) -> npt.NDArray[np.uint64]:
    bits = (sum(1 << category for category in set(book.categories)) if book else 0 for book in books)
    return np.fromiter(bits, dtype=np.uint64, count=len(books))


def _newness(book: Book | None) -> int:
    """Days since the year 1 of the book's publication, roughly where only the year is known."""
    if book is None:
        return 0
    if book.published_on is not None:
        return book.published_on.toordinal()
    return date(book.year, 1, 1).toordinal() if book.year is not None and book.year > 0 else 0
