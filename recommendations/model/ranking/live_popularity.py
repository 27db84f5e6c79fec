"""Current popularity: what training counted, and what readers have liked since."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recommendations.domain.recommending import Topic
from recommendations.model.popularity import Popularity, relative
from recommendations.model.ranking.catalogue_index import CatalogueIndex, Mask, kept, lazy_rows
from recommendations.model.ranking.scoring import read_only
from recommendations.model.vocabulary import ABSENT, Rows

MOST_MOVED = 256
"""The order is sorted again when more books than this have gained popularity since it was sorted."""

Additions = Mapping[int, tuple[float, int]]
"""A weight and a number of readers by book or row."""


class Like(NamedTuple):
    """A book that a reader liked, and when, in seconds since 1970, NaN if unknown."""

    book_id: int
    happened: float


class Popular(NamedTuple):
    """The available rows of a topic, the most popular first, in two parts, and the popularity of every row.

    A row that has gained popularity `lately` may also be in the other part, at a later place than it has now. All
    arrays are read-only.
    """

    rows: Rows
    lately: Rows
    popularity: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PopularityOrder:
    """One immutable order of the available books by popularity.

    The most popular come first, among equals the newest, then the lowest id. `_order` is the last sorted order, and
    `_moved` has the weight and the readers of the rows that have gained popularity since. `_relative` is the current
    popularity of every row, see `popularity.relative`.
    """

    catalogue: CatalogueIndex
    _relative: npt.NDArray[np.float64]
    _weights: npt.NDArray[np.float64]
    _readers: npt.NDArray[np.int32]
    _order: Rows
    _orders: dict[Topic | None, Rows]
    _moved: Additions = field(default_factory=dict)
    _moved_of: dict[Topic | None, list[int]] = field(default_factory=dict)
    _popular_of: dict[Topic | None, Popular] = field(default_factory=dict)

    @classmethod
    def sorted(
        cls, catalogue: CatalogueIndex, weights: npt.NDArray[np.float64], readers: npt.NDArray[np.int32]
    ) -> "PopularityOrder":
        """Sort the available books; both arrays have an entry for each row."""
        rows = np.flatnonzero(catalogue.available)
        rows = rows[np.argsort((-catalogue.newness[rows].astype(np.int64) << 32) + catalogue.ids[rows])]
        rows = rows[np.argsort(-weights[rows], kind="stable")]
        return cls(catalogue, read_only(relative(weights)), weights, readers, rows.astype(np.int32), {})

    def with_added(self, added: Additions) -> "PopularityOrder | None":
        """The order after these additions by book id; None if it must be sorted again."""
        moved = dict(self._moved)
        for book_id, (weight, readers) in added.items():
            row = self.catalogue.row(book_id)
            if row != ABSENT:
                moved[row] = self.weight(row) + weight, self.readers(row) + readers
                if len(moved) > MOST_MOVED:
                    return None
        weights = self._weights.copy()
        for row, (weight, _) in moved.items():
            weights[row] = weight
        current = read_only(relative(weights))
        return PopularityOrder(
            self.catalogue, current, self._weights, self._readers, self._order, self._orders, moved
        )

    def weight(self, row: int) -> float:
        """The popularity of the book at a row, 0 if nobody ever liked it."""
        return self._moved[row][0] if row in self._moved else float(self._weights[row])

    def readers(self, row: int) -> int:
        """How many readers ever liked the book at a row."""
        return self._moved[row][1] if row in self._moved else int(self._readers[row])

    def rows(self, topic: Topic | None, without: Mask | None = None) -> Iterator[int]:
        """The books of a topic, or of all, in order, without the rows of a mask."""
        moved = self._moved_in(topic)
        sorted_ = self._sorted_in(topic, without)
        if not moved:
            return sorted_
        if without is not None:
            moved = [row for row in moved if not without[row]]
        return merge(moved, (row for row in sorted_ if row not in self._moved), key=self.key)

    def popular(self, topic: Topic | None) -> Popular:
        """The books of a topic, or of all, for a Ranker."""
        found = self._popular_of.get(topic)
        if found is None:
            moved = read_only(np.array(self._moved_in(topic), dtype=np.int32))
            found = kept(self._popular_of, topic, Popular(self._array_of(topic), moved, self._relative))
        return found

    def _sorted_in(self, topic: Topic | None, without: Mask | None) -> Iterator[int]:
        return lazy_rows(self._array_of(topic), without)

    def _array_of(self, topic: Topic | None) -> Rows:
        order = self._orders.get(topic)
        if order is None:
            has = self.catalogue.topic(topic).has
            order = kept(self._orders, topic, read_only(self._order[has[self._order]]))
        return order

    def _moved_in(self, topic: Topic | None) -> list[int]:
        moved = self._moved_of.get(topic)
        if moved is None:
            has = self.catalogue.topic(topic).has
            moved = kept(self._moved_of, topic, sorted((row for row in self._moved if has[row]), key=self.key))
        return moved

    def key(self, row: int) -> tuple[float, int, int]:
        """A sort key of the order, ascending."""
        return -self.weight(row), -int(self.catalogue.newness[row]), int(self.catalogue.ids[row])


class LivePopularity:
    """The popularity of a model, and the likes since its training; for one thread at a time.

    A reader who unlikes a book still counts, and counts twice if they like it again. The next training corrects both.
    """

    def __init__(self, base: Popularity, readers_of_book: npt.NDArray[np.int32]) -> None:
        self._base = base
        self._readers_of_book = readers_of_book
        self._since: dict[int, tuple[float, int]] = {}

    def add(self, likes: Sequence[Like]) -> dict[int, tuple[float, int]]:
        """Count further likes; returns the weight and the number of readers that they add to each book."""
        added: dict[int, tuple[float, int]] = {}
        weights = self._base.weight_of([like.happened for like in likes])
        for like, weight in zip(likes, weights.tolist(), strict=True):
            for counted in (added, self._since):
                before, readers = counted.get(like.book_id, (0.0, 0))
                counted[like.book_id] = before + weight, readers + 1
        return added

    def moved(self, before: PopularityOrder, added: dict[int, tuple[float, int]]) -> PopularityOrder:
        """The order after the additions that `add` returned."""
        return before.with_added(added) or self.order(before.catalogue)

    def order(self, catalogue: CatalogueIndex) -> PopularityOrder:
        """The current order of the available books."""
        weights, readers = np.zeros(len(catalogue.ids)), np.zeros(len(catalogue.ids), dtype=np.int32)
        weights[: catalogue.learned] = self._base.weights
        readers[: catalogue.learned] = self._readers_of_book
        rows = catalogue.rows(np.fromiter(self._since, dtype=np.int32, count=len(self._since)))
        for row, (weight, further) in zip(rows.tolist(), self._since.values(), strict=True):
            if row != ABSENT:
                weights[row] += weight
                readers[row] += further
        return PopularityOrder.sorted(catalogue, weights, readers)
