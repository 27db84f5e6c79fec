"""The catalogue as arrays, independent of any model: the books' fields, and which books share names."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import repeat
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from recommendations.domain.books import Book
from recommendations.model.ranking.name_index import NameIndex
from recommendations.model.vocabulary import ABSENT, Ids, Rows, Vocabulary
from recommendations.model.works import Works

IMPORT_BOOKS, IMPORT_SHARE = 50, 0.1
"""More books than this number, and this share of all books, added on the same day are an import, not new arrivals."""

Number = TypeVar("Number", bound=np.generic)

Days = npt.NDArray[np.int32]
"""Days since the year 1; 0 for an unknown day."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Catalogue:
    """One immutable state of the catalogue; `updated` returns a new one.

    Rows are numbered by arrival, and a book keeps its row even if it is removed. `category_bits` has a bit for each
    category; `published` and `added` are days. `by_id` has the ids, ascending, and `rows_by_id` the row of each.
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
    works: Works
    interner: "Interner"

    @classmethod
    def empty(cls) -> "Catalogue":
        """A catalogue without books."""
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
            works=Works.empty(),
            interner=Interner(),
        )

    def __len__(self) -> int:
        return len(self.books)

    def row(self, book_id: int) -> int:
        """The row of a book, ABSENT if it was never in the catalogue."""
        position = self.by_id.row(book_id)
        return ABSENT if position == ABSENT else int(self.rows_by_id[position])

    def updated(self, books: Sequence[Book]) -> "Catalogue":
        """The catalogue after these books were added, replaced or removed.

        If a book comes several times, the last one wins. Only one thread at a time may update catalogues that are
        derived from one another.
        """
        latest = [self.interner.book(book) for book in {book.id: book for book in books}.values()]
        ids = np.fromiter((book.id for book in latest), dtype=np.int32, count=len(latest))
        positions = self.by_id.rows(ids)
        is_new = positions == ABSENT
        rows = np.empty(len(ids), dtype=np.int32)
        rows[~is_new] = self.rows_by_id[positions[~is_new]]
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
            added=_with(self.added, rows, latest, lambda book: book.added_on.toordinal() if book.added_on else 0),
            removed=_with(self.removed, rows, latest, lambda book: book.removed),
            authors=self.authors.updated(rows, [book.authors for book in latest]),
            subjects=self.subjects.updated(rows, [book.subjects for book in latest]),
            works=self.works.updated(rows, latest),
            interner=self.interner,
        )

    @cached_property
    def newest_day(self) -> int:
        """The last day on which a book was added, 0 if unknown."""
        return int(self.added.max(initial=0))

    @cached_property
    def arrived(self) -> Days:
        """The day on which each book was added, 0 for books of an import, see IMPORT_BOOKS."""
        return _without_imports(self.added)

    @cached_property
    def newness(self) -> Days:
        """The day since when each book is new: its publication, else the day it was added, else 0.

        A publication after the catalogue's newest day is planned or wrong, and does not count. The day a book was
        added does not count if many books without a publication were imported that day.
        """
        is_published = self.published > 0
        if self.newest_day:
            is_published &= self.published <= self.newest_day
        return np.where(is_published, self.published, _without_imports(np.where(is_published, 0, self.added)))

    def _extended(self, ids: Ids, rows: Rows) -> tuple[Vocabulary, Rows]:
        if not len(ids):
            return self.by_id, self.rows_by_id
        order = np.argsort(ids)
        positions = np.searchsorted(self.by_id.ids, ids[order])
        return (
            Vocabulary(np.insert(self.by_id.ids, positions, ids[order])),
            np.insert(self.rows_by_id, positions, rows[order]),
        )


def _without_imports(days: Days) -> Days:
    """The days on which books were added, with 0 for the days of imports, see IMPORT_BOOKS."""
    first = int(days[days > 0].min(initial=np.iinfo(np.int32).max))
    since = np.maximum(days - first, -1) + 1
    counts = np.bincount(since)
    imported = counts > max(IMPORT_BOOKS, IMPORT_SHARE * len(days))
    return np.where(imported[since], 0, days).astype(np.int32)


class Interner:
    """Keeps one copy of field values that many books share, which saves a third of their memory."""

    def __init__(self) -> None:
        self._values: dict[Hashable, Any] = {}

    def book(self, book: Book) -> Book:
        """An equal book whose field values are interned; the same object if they already are."""
        values: dict[str, Any] = {name: self._value(getattr(book, name)) for name in _INTERNED}
        if all(value is getattr(book, name) for name, value in values.items()):
            return book
        return replace(book, **values)

    def _value(self, value: Hashable) -> Any:
        interned = self._values.get(value)
        if interned is None:
            interned = tuple(map(self._value, value)) if isinstance(value, tuple) else value
            self._values[value] = interned
        return interned


_INTERNED = ("authors", "categories", "subjects", "published_on", "added_on")
_PLACEHOLDER = Book(id=0, title="")


def _with(
    column: npt.NDArray[Number], rows: Rows, books: Sequence[Book], value: Callable[[Book], int]
) -> npt.NDArray[Number]:
    """A copy of the column with the values of these books in these rows, which may extend it."""
    extended = np.zeros(max(int(rows.max(initial=-1)) + 1, len(column)), dtype=column.dtype)
    extended[: len(column)] = column
    extended[rows] = np.fromiter(map(value, books), dtype=column.dtype, count=len(books))
    return extended


def _category_bits(book: Book) -> int:
    bits = 0
    for category in book.categories:
        bits |= 1 << category
    return bits


def _published(book: Book) -> int:
    """The day of publication, or the first day of the year, so that books with a known day are newer."""
    if book.published_on is not None:
        return book.published_on.toordinal()
    if book.year is None:
        return 0
    return date(min(max(book.year, date.min.year), date.max.year), 1, 1).toordinal()
