"""The order by popularity, which moves with every liking and is sorted anew only now and then."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import merge

import numpy as np
import numpy.typing as npt

from recommendations.domain.books import Category
from recommendations.model.ranking.stock import Stock, one_by_one
from recommendations.model.vocabulary import ABSENT, Rows

MOST_MOVED = 256
"""Books that moved since the order was sorted; with more of them it is sorted anew."""

Additions = Mapping[int, tuple[float, int]]
"""A weight and a number of readers for each book or row."""


@dataclass(frozen=True, eq=False)
class Popular:
    """One state of the order of what is on sale, never changed.

    The most popular first, among equals the newest, then the lowest id. `_order` is what was sorted, and `_moved`
    has the weight and the readers of those rows that gained since.
    """

    stock: Stock
    _weights: npt.NDArray[np.float64]
    _readers: npt.NDArray[np.int32]
    _order: Rows
    _shelves: dict[Category | None, Rows]
    _moved: Additions = field(default_factory=dict)
    _moved_on_shelf: dict[Category | None, list[int]] = field(default_factory=dict)

    @classmethod
    def sorted(cls, stock: Stock, weights: npt.NDArray[np.float64], readers: npt.NDArray[np.int32]) -> "Popular":
        """The order by these weights; both arrays have an entry for each row."""
        rows = np.flatnonzero(stock.on_sale)
        rows = rows[np.argsort((-stock.newness[rows].astype(np.int64) << 32) + stock.ids[rows])]
        rows = rows[np.argsort(-weights[rows], kind="stable")]
        return cls(stock, weights, readers, rows.astype(np.int32), {})

    def with_added(self, added: Additions) -> "Popular | None":
        """The order after these books, by id, gained so much; None where it is time to sort anew."""
        moved = dict(self._moved)
        for book_id, (weight, readers) in added.items():
            row = self.stock.row(book_id)
            if row != ABSENT:
                moved[row] = self.weight(row) + weight, self.readers(row) + readers
                if len(moved) > MOST_MOVED:
                    return None
        return Popular(self.stock, self._weights, self._readers, self._order, self._shelves, moved)

    def weight(self, row: int) -> float:
        """The popularity of the book at a row, 0 where nobody ever liked it."""
        return self._moved[row][0] if row in self._moved else float(self._weights[row])

    def readers(self, row: int) -> int:
        """How many readers ever liked the book at a row."""
        return self._moved[row][1] if row in self._moved else int(self._readers[row])

    def rows(self, category: Category | None) -> Iterator[int]:
        """What stands on the shelf of a category, or of all, in order."""
        moved = self._moved_on(category)
        sorted_ = self._sorted_on(category)
        if not moved:
            return sorted_
        return merge(moved, (row for row in sorted_ if row not in self._moved), key=self.key)

    def _sorted_on(self, category: Category | None) -> Iterator[int]:
        order = self._shelves.get(category)
        if order is None:
            # Two threads may both make it; they make the same.
            order = self._shelves[category] = self._order[self.stock.shelf(category).has[self._order]]
        return one_by_one(order)

    def _moved_on(self, category: Category | None) -> list[int]:
        moved = self._moved_on_shelf.get(category)
        if moved is None:
            has = self.stock.shelf(category).has
            moved = sorted((row for row in self._moved if has[row]), key=self.key)
            self._moved_on_shelf[category] = moved
        return moved

    def key(self, row: int) -> tuple[float, int, int]:
        """Ascending in the order."""
        return -self.weight(row), -int(self.stock.newness[row]), int(self.stock.ids[row])
