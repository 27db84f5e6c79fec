"""The catalogue as arrays, independent of any model: the facts of each book, and which books share names."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import repeat
from operator import is_
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from recommendations.domain.books import Book
from recommendations.model.ranking.name_index import NameIndex
from recommendations.model.vocabulary import ABSENT, Ids, Rows, Vocabulary

IMPORT_BOOKS, IMPORT_SHARE = 50, 0.1
"""When more books than that, and more than that share of all, arrive on one day, it is an import, not news."""

Kind = TypeVar("Kind", bound=np.generic)
Fact = TypeVar("Fact", bound=Hashable)

Days = npt.NDArray[np.int32]
"""Days since the year 1; 0 for an unknown day."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Catalogue:
    """One state of the catalogue, never changed: a new state is a new object.

    Rows are numbered by arrival, and a book keeps its row, removed or not. `category_bits` has a bit for each
    category, `published` and `added` are days. `by_id` has the ids ascending and `rows_by_id` the row of each.
    """

    books: list[Book]
    by_id: Vocabulary
    rows_by_id: Rows
    category_bits: npt.NDArray[np.uint64]
    published: Days
    added: Days
    removed: npt.NDArray[np.bool_]
    authors: NameIndex
    subjects: NameIndex
    shared: "Shared"

    @classmethod
    def empty(cls) -> "Catalogue":
        """The catalogue before the first book."""
        return cls(
            books=[],
            by_id=Vocabulary(np.empty(0, dtype=np.int32)),
            rows_by_id=np.empty(0, dtype=np.int32),
            category_bits=np.empty(0, dtype=np.uint64),
            published=np.empty(0, dtype=np.int32),
            added=np.empty(0, dtype=np.int32),
            removed=np.empty(0, dtype=np.bool_),
            authors=NameIndex.empty(),
            subjects=NameIndex.empty(),
            shared=Shared(),
        )

    def __len__(self) -> int:
        return len(self.books)

    def row(self, book_id: int) -> int:
        """The row of a book, ABSENT where it was never in the catalogue."""
        place = self.by_id.row(book_id)
        return ABSENT if place == ABSENT else int(self.rows_by_id[place])

    def changed(self, books: Sequence[Book]) -> "Catalogue":
        """The catalogue with these books as new ones, in place of what they were, or as removed ones.

        Of several states of a book the last one wins. One thread at a time changes states derived from one another.
        """
        latest = [self.shared.book(book) for book in {book.id: book for book in books}.values()]
        ids = np.fromiter((book.id for book in latest), dtype=np.int32, count=len(latest))
        places = self.by_id.rows(ids)
        is_new = places == ABSENT
        rows = np.empty(len(ids), dtype=np.int32)
        rows[~is_new] = self.rows_by_id[places[~is_new]]
        rows[is_new] = np.arange(len(self), len(self) + np.count_nonzero(is_new))
        by_id, rows_by_id = self._extended(ids[is_new], rows[is_new])
        extended = [*self.books, *repeat(_PLACEHOLDER, int(np.count_nonzero(is_new)))]
        for row, book in zip(rows.tolist(), latest, strict=True):
            extended[row] = book
        return Catalogue(
            books=extended,
            by_id=by_id,
            rows_by_id=rows_by_id,
            category_bits=_with(self.category_bits, rows, latest, _category_bits),
            published=_with(self.published, rows, latest, _published),
            added=_with(self.added, rows, latest, _added),
            removed=_with(self.removed, rows, latest, _removed),
            authors=self.authors.changed(rows, [book.authors for book in latest]),
            subjects=self.subjects.changed(rows, [book.subjects for book in latest]),
            shared=self.shared,
        )

    @cached_property
    def newest_day(self) -> int:
        """The last day on which a book was added, 0 for none."""
        return int(self.added.max(initial=0))

    @cached_property
    def arrived(self) -> Days:
        """The day on which each book came into the catalogue, 0 where it came with an import, see `_news`."""
        return _news(self.added)

    @cached_property
    def newness(self) -> Days:
        """The day from which each book counts as new: publication, otherwise arrival, otherwise unknown.

        A day of publication after the catalogue's newest day is a plan or a mistake: such a book is as new as its
        arrival. Among the others an arrival counts unless undated books were imported that day.
        """
        out = self.published > 0
        if self.newest_day:
            out &= self.published <= self.newest_day
        return np.where(out, self.published, _news(np.where(out, 0, self.added)))

    def _extended(self, ids: Ids, rows: Rows) -> tuple[Vocabulary, Rows]:
        if not len(ids):
            return self.by_id, self.rows_by_id
        order = np.argsort(ids)
        places = np.searchsorted(self.by_id.ids, ids[order])
        return (
            Vocabulary(np.insert(self.by_id.ids, places, ids[order])),
            np.insert(self.rows_by_id, places, rows[order]),
        )


def _news(days: Days) -> Days:
    """The days of arrival, but 0 for those on which so many books came that it was an import, which is not news."""
    first = int(days[days > 0].min(initial=np.iinfo(np.int32).max))
    since = np.maximum(days - first, -1) + 1
    counts = np.bincount(since)
    imported = counts > max(IMPORT_BOOKS, IMPORT_SHARE * len(days))
    return np.where(imported[since], 0, days).astype(np.int32)


class Shared:
    """Keeps facts that many books have in common once, which saves a third of their memory."""

    def __init__(self) -> None:
        self._first: dict[Any, Any] = {}

    def book(self, book: Book) -> Book:
        """An equal book that shares its facts with others, the same one where it does so already."""
        authors, subjects = self._names(book.authors), self._names(book.subjects)
        categories = self._shared(book.categories)
        published_on, added_on = self._shared(book.published_on), self._shared(book.added_on)
        if (
            authors is book.authors
            and subjects is book.subjects
            and categories is book.categories
            and published_on is book.published_on
            and added_on is book.added_on
        ):
            return book
        return replace(
            book,
            authors=authors,
            categories=categories,
            subjects=subjects,
            published_on=published_on,
            added_on=added_on,
        )

    def _names(self, names: tuple[str, ...]) -> tuple[str, ...]:
        known: tuple[str, ...] | None = self._first.get(names)
        if known is not None:
            return known
        shared = tuple(map(self._shared, names))
        return self._shared(names if all(map(is_, shared, names)) else shared)

    def _shared(self, fact: Fact) -> Fact:
        first: Fact = self._first.setdefault(fact, fact)
        return first


_PLACEHOLDER = Book(id=0, title="")


def _with(
    column: npt.NDArray[Kind], rows: Rows, books: Sequence[Book], fact: Callable[[Book], int]
) -> npt.NDArray[Kind]:
    """The column in which these rows, new ones at the end among them, have a fact of these books."""
    fresh = np.zeros(max(int(rows.max(initial=-1)) + 1, len(column)), dtype=column.dtype)
    fresh[: len(column)] = column
    fresh[rows] = np.fromiter(map(fact, books), dtype=column.dtype, count=len(books))
    return fresh


def _category_bits(book: Book) -> int:
    bits = 0
    for category in book.categories:
        bits |= 1 << category
    return bits


def _published(book: Book) -> int:
    """The day of publication; of a year its first day, so that what is known exactly comes before it."""
    if book.published_on is not None:
        return book.published_on.toordinal()
    if book.year is None:
        return 0
    return date(min(max(book.year, date.min.year), date.max.year), 1, 1).toordinal()


def _added(book: Book) -> int:
    return book.added_on.toordinal() if book.added_on is not None else 0


def _removed(book: Book) -> bool:
    return book.removed
