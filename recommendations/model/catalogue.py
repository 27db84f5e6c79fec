"""The catalogue by rows: which books are on which shelf, and in which order they fill a list up."""

from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import numpy.typing as npt

from recommendations.domain import Book, Category
from recommendations.model.vocabulary import ABSENT, Rows, Vocabulary


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

    def rows(self, ids: Iterable[int]) -> Rows:
        """The rows of those ids that have one, ascending."""
        wanted = np.fromiter(ids, dtype=np.int64)
        learned, later = self._learned.rows(wanted), self._later.rows(wanted)
        both = np.concatenate([learned[learned != ABSENT], later[later != ABSENT] + np.int32(len(self._learned))])
        return np.sort(both).astype(np.int32)

    def book(self, row: int) -> Book | None:
        """The book at a row; None for one that the catalogue lacks."""
        return self.books.get(int(self.ids[row]))

    def shelf(self, category: Category | None) -> npt.NDArray[np.bool_]:
        """For each row whether it may be recommended from that category, or from all; a new array."""
        if category is None:
            return self.on_sale.copy()
        return (self._on_shelf & np.uint64(1 << category)).astype(np.bool_)

    def most_popular(self, eligible: npt.NDArray[np.bool_], most: int) -> Rows:
        """The eligible rows with the most readers; among equals the newest."""
        eligible_first: Rows = self._by_popularity[eligible[self._by_popularity]]
        return eligible_first[:most]


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
