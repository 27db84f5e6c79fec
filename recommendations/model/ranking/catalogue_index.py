"""The catalogue, indexed by the rows of one model."""

from collections.abc import Iterator
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from recommendations.domain.books import Book, Category
from recommendations.domain.recommending import Topic
from recommendations.model.ranking.catalogue import Catalogue, Days
from recommendations.model.ranking.diversity import Authors
from recommendations.model.ranking.editions import Editions
from recommendations.model.vocabulary import ABSENT, Ids, Rows, Vocabulary

FRESH_DAYS = 30
"""A book is fresh for this many days after it was added."""
MAX_TOPICS = 100
"""For how many topics the rows are kept: with 100,000 books each takes 100 kB, and any text may be a subject."""

Mask = npt.NDArray[np.bool_]
Number = TypeVar("Number", bound=np.generic)
T = TypeVar("T")
_CHUNK, _LONGEST_CHUNK = 64, 8_192


class TopicIndex(NamedTuple):
    """The available books of a topic: a mask of the rows, the rows newest first, and the rows of fresh books."""

    has: Mask
    newest: Rows
    fresh: Rows

    def newest_rows(self, without: Mask | None = None) -> Iterator[int]:
        """The rows, newest first, without those of a mask."""
        return lazy_rows(self.newest, without)

    def fresh_rows(self, without: Mask | None = None) -> Iterator[int]:
        """The rows of fresh books, without those of a mask."""
        return lazy_rows(self.fresh, without)


class CatalogueIndex:
    """One immutable state of the catalogue, indexed by the rows of one model.

    The rows are those of the model, followed by the books that it has not learned, ascending by id. `catalogue_rows`
    maps each row to its row in the catalogue, ABSENT for books of the model that were never in it; `model_rows` is
    the inverse. `all_learned_known` says whether the catalogue has every book of the model. Books that were not
    removed are available.
    """

    def __init__(self, learned: Vocabulary, catalogue: Catalogue) -> None:
        row_by_id = learned.rows(catalogue.by_id.ids)
        unlearned = np.flatnonzero(row_by_id == ABSENT)
        row_by_id[unlearned] = np.arange(len(learned), len(learned) + len(unlearned))
        self.catalogue = catalogue
        self.learned = len(learned)
        self.ids: Ids = np.concatenate([learned.ids, catalogue.by_id.ids[unlearned]])
        self.catalogue_rows: Rows = np.full(len(self.ids), ABSENT, dtype=np.int32)
        self.catalogue_rows[row_by_id] = catalogue.rows_by_id
        self.model_rows: Rows = np.empty(len(catalogue), dtype=np.int32)
        self.model_rows[catalogue.rows_by_id] = row_by_id
        # ABSENT, −1, as an index reads this last entry.
        self._row_by_id: Rows = np.append(row_by_id, np.int32(ABSENT))
        self.all_learned_known = bool((self.catalogue_rows[: self.learned] != ABSENT).all())
        self.available: Mask = self._by_row(~catalogue.removed)
        self._category_bits: npt.NDArray[np.uint64] = self._by_row(catalogue.category_bits)
        self.newness: Days = self._by_row(catalogue.newness)
        by_newness = np.argsort(-(self.newness.astype(np.int64) << 32 | self.ids))
        self._newest: Rows = by_newness[self.available[by_newness]].astype(np.int32)
        self._fresh = self._fresh_rows()
        self.authors = Authors.of(catalogue.authors, self.catalogue_rows)
        self.editions = Editions(catalogue.works.by_row, self.model_rows, len(self.ids))
        self._topics: dict[Topic | None, TopicIndex] = {}
        # A list, since a call looks up dozens one by one. Rows that were never in the catalogue have arbitrary books.
        books = catalogue.books
        self.books: list[Book] = [books[row] for row in self.catalogue_rows.tolist()] if books else []

    def rows(self, ids: npt.ArrayLike) -> Rows:
        """The row of each id, ABSENT for those that were never in the catalogue."""
        rows: Rows = self._row_by_id[self.catalogue.by_id.rows(ids)]
        return rows

    def row(self, book_id: int) -> int:
        """The row of one id, ABSENT if it was never in the catalogue."""
        catalogue_row = self.catalogue.row(book_id)
        return ABSENT if catalogue_row == ABSENT else int(self.model_rows[catalogue_row])

    def share_an_author(self, row: int, other: int) -> bool:
        """Whether two books that are in the catalogue have an author in common."""
        authors, others = self.catalogue.authors.of(self.catalogue_rows[[row, other]])
        return not set(authors).isdisjoint(others)

    def share_a_category(self, rows: Rows, others: Rows) -> Mask:
        """For each pair of rows, whether they have a category in common."""
        shared: Mask = (self._category_bits[rows] & self._category_bits[others]) != 0
        return shared

    def in_categories_of(self, rows: Rows, others: Rows) -> Mask:
        """For each row, whether it has a category in common with any of the others."""
        shared: Mask = (self._category_bits[rows] & np.bitwise_or.reduce(self._category_bits[others])) != 0
        return shared

    def topic(self, topic: Topic | None) -> TopicIndex:
        """The available books of a category or with a subject, or all."""
        index = self._topics.get(topic)
        return index or kept(self._topics, topic, self._topic_index(topic))

    def _topic_index(self, topic: Topic | None) -> TopicIndex:
        has = self.available
        if isinstance(topic, Category):
            has = has & ((self._category_bits & np.uint64(1 << topic)) != 0)
        elif topic is not None:
            rows = self.model_rows[self.catalogue.subjects.rows_with(topic)]
            has = np.zeros_like(has)
            has[rows] = self.available[rows]
        has.flags.writeable = False
        return TopicIndex(has, self._newest[has[self._newest]], self._fresh[has[self._fresh]])

    def _fresh_rows(self) -> Rows:
        """Books added at most FRESH_DAYS before the last addition; by the day they were added, then by newness."""
        arrived = self._by_row(self.catalogue.arrived)[self._newest]
        fresh = np.flatnonzero((arrived > 0) & (arrived >= self.catalogue.newest_day - FRESH_DAYS))
        rows: Rows = self._newest[fresh[np.argsort(-arrived[fresh], kind="stable")]]
        return rows

    def _by_row(self, column: npt.NDArray[Number]) -> npt.NDArray[Number]:
        """A column of the catalogue by the model's rows, 0 for books that were never in the catalogue."""
        by_row = np.zeros(len(self.ids), dtype=column.dtype)
        by_row[self.model_rows] = column
        return by_row


def kept(cache: dict[Topic | None, T], topic: Topic | None, value: T) -> T:
    """Keep what was computed for a topic; when there are MAX_TOPICS, the others are dropped.

    If two threads compute it at the same time, the results are equal.
    """
    if len(cache) >= MAX_TOPICS:
        cache.clear()
    cache[topic] = value
    return value


def lazy_rows(rows: Rows, without: Mask | None = None) -> Iterator[int]:
    """The rows as Python numbers, converted in chunks, as most callers read only the first ones.

    `without` is a mask of rows to leave out. The chunks then grow, since it may have most of the first ones.
    """
    start, length = 0, _CHUNK
    while start < len(rows):
        chunk = rows[start : start + length]
        start += length
        if without is not None:
            chunk = chunk[~without[chunk]]
            length = min(2 * length, _LONGEST_CHUNK)
        yield from chunk.tolist()
