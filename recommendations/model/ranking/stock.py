"""The catalogue as one model sees it: by the model's own rows."""

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from recommendations.domain.books import Book, Category
from recommendations.model.ranking.catalogue import Catalogue, Days
from recommendations.model.ranking.diversity import Authors
from recommendations.model.vocabulary import ABSENT, Ids, Rows, Vocabulary

FRESH_DAYS = 30
"""A book is fresh for so many days after it came into the catalogue."""

Mask = npt.NDArray[np.bool_]
Kind = TypeVar("Kind", bound=np.generic)
_CHUNK = 64


class Shelf(NamedTuple):
    """What stands on a shelf: for each row whether it does, those that do newest first, and the fresh ones."""

    has: Mask
    newest: Rows
    fresh: list[int]

    def newest_rows(self) -> Iterator[int]:
        """The newest first."""
        return one_by_one(self.newest)


class Stock:
    """One state of the catalogue by the rows of one model; neither is ever changed.

    The rows are the model's own, and after them come the books that it has not learned of yet, ascending by id.
    `place` has for each row its row in the catalogue, ABSENT for books of the model that were never in it, and
    `row_of` the other way round. `has_learned` says whether every book of the model is in the catalogue. What is not
    removed is on sale.
    """

    def __init__(self, learned: Vocabulary, catalogue: Catalogue) -> None:
        row_by_id = learned.rows(catalogue.by_id.ids)
        later = np.flatnonzero(row_by_id == ABSENT)
        row_by_id[later] = np.arange(len(learned), len(learned) + len(later))
        self.catalogue = catalogue
        self.learned = len(learned)
        self.ids: Ids = np.concatenate([learned.ids, catalogue.by_id.ids[later]])
        self.place: Rows = np.full(len(self.ids), ABSENT, dtype=np.int32)
        self.place[row_by_id] = catalogue.rows_by_id
        self.row_of: Rows = np.empty(len(catalogue), dtype=np.int32)
        self.row_of[catalogue.rows_by_id] = row_by_id
        # What is looked up at ABSENT, which is −1, is the last entry.
        self._row_by_id: Rows = np.append(row_by_id, np.int32(ABSENT))
        self.has_learned = bool((self.place[: self.learned] != ABSENT).all())
        self.on_sale: Mask = self._by_row(~catalogue.removed)
        self._bits: npt.NDArray[np.uint64] = self._by_row(catalogue.shelves)
        self.newness: Days = self._by_row(catalogue.newness)
        by_newness = np.argsort(-(self.newness.astype(np.int64) << 32 | self.ids))
        self._newest: Rows = by_newness[self.on_sale[by_newness]].astype(np.int32)
        self._fresh = self._fresh_rows()
        self.authors = Authors.of(catalogue.authors, self.place)
        self._shelves: dict[Category | None, Shelf] = {}
        # A list, since a call looks up dozens, one by one. What was never in the catalogue has any book.
        books = catalogue.books
        self.books: list[Book] = [books[place] for place in self.place.tolist()] if books else []

    def rows(self, ids: npt.ArrayLike) -> Rows:
        """The row of each id, ABSENT for those that were never in the catalogue."""
        rows: Rows = self._row_by_id[self.catalogue.by_id.rows(ids)]
        return rows

    def row(self, book_id: int) -> int:
        """The row of one id, ABSENT where it was never in the catalogue."""
        place = self.catalogue.row(book_id)
        return ABSENT if place == ABSENT else int(self.row_of[place])

    def share_an_author(self, row: int, other: int) -> bool:
        """Whether two books that are in the catalogue have an author in common."""
        theirs, others = self.catalogue.authors.of(self.place[[row, other]])
        return not set(theirs).isdisjoint(others)

    def share_a_shelf(self, rows: Rows, others: Rows) -> Mask:
        """For each row whether it stands on a shelf with the one at the same place of the others."""
        both: Mask = (self._bits[rows] & self._bits[others]) != 0
        return both

    def stand_on_shelves_of(self, rows: Rows, others: Rows) -> Mask:
        """For each row whether it stands on a shelf with any of the others."""
        any_: Mask = (self._bits[rows] & np.bitwise_or.reduce(self._bits[others])) != 0
        return any_

    def shelf(self, category: Category | None) -> Shelf:
        """What stands on the shelf of a category, or of all."""
        shelf = self._shelves.get(category)
        if shelf is None:
            # Two threads may both make it; they make the same.
            shelf = self._shelves[category] = self._make_shelf(category)
        return shelf

    def _make_shelf(self, category: Category | None) -> Shelf:
        has = self.on_sale
        if category is not None:
            has = has & ((self._bits & np.uint64(1 << category)) != 0)
        has.flags.writeable = False
        return Shelf(has, self._newest[has[self._newest]], self._fresh[has[self._fresh]].tolist())

    def _fresh_rows(self) -> Rows:
        """Who came within FRESH_DAYS before the newest arrival, the latest arrivals first, among them the newest."""
        arrived = self._by_row(self.catalogue.arrived)[self._newest]
        fresh = np.flatnonzero((arrived > 0) & (arrived >= self.catalogue.newest_day - FRESH_DAYS))
        rows: Rows = self._newest[fresh[np.argsort(-arrived[fresh], kind="stable")]]
        return rows

    def _by_row(self, column: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
        """A column of the catalogue by the model's rows, 0 where a book was never in the catalogue."""
        by_row = np.zeros(len(self.ids), dtype=column.dtype)
        by_row[self.row_of] = column
        return by_row


def one_by_one(rows: Rows) -> Iterator[int]:
    """The rows as numbers, made as they are asked for: mostly only the first of many are."""
    for start in range(0, len(rows), _CHUNK):
        yield from rows[start : start + _CHUNK].tolist()
