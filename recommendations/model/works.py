"""Which books of the catalogue are editions of one work."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from recommendations.domain.books import Book
from recommendations.domain.editions import WorkKeys, keys_of
from recommendations.model.vocabulary import ABSENT, Rows

Hashes = npt.NDArray[np.int64]
Groups = npt.NDArray[np.intp]

TITLES = 4
"""The most titles by which a book's work is recognised."""
WORK, NUMBER, NOTE = range(TITLES, TITLES + 3)
"""The columns after those of the titles."""


@dataclass(frozen=True, eq=False)
class Works:
    """One immutable state of the catalogue's works.

    `hashes` has a row for each row of the catalogue: 64-bit hashes, 0 for an empty text, of its TITLES titles, its
    work, its number and its note, see WorkKeys. They differ from process to process.
    """

    hashes: Hashes

    @classmethod
    def empty(cls) -> "Works":
        """The works of a catalogue without books."""
        return cls(np.empty((0, NOTE + 1), dtype=np.int64))

    def updated(self, rows: Rows, books: Sequence[Book]) -> "Works":
        """The works after these rows, which may be new, got these books."""
        size = max(len(self.hashes), int(rows.max(initial=-1)) + 1)
        hashes = np.zeros((size, NOTE + 1), dtype=np.int64)
        hashes[: len(self.hashes)] = self.hashes
        if len(books):
            hashes[rows] = [_hashes(keys_of(book.title, book.authors, book.work)) for book in books]
        return Works(hashes)

    @cached_property
    def by_row(self) -> Rows:
        """For each row, the first row of its work; ABSENT for books that have no other edition."""
        rows, groups = self._groups()
        work = np.arange(len(self.hashes))
        while True:
            first = np.full(int(groups.max(initial=-1)) + 1, len(work))
            np.minimum.at(first, groups, work[rows])
            joined = work.copy()
            np.minimum.at(joined, rows, first[groups])
            joined = joined[joined]
            if (joined == work).all():
                break
            work = joined
        alone = np.bincount(work, minlength=len(work))[work] == 1
        return np.where(alone, ABSENT, work).astype(np.int32)

    def _groups(self) -> tuple[Groups, Groups]:
        """Pairs of a row and a group: rows that have a group in common are editions of one work."""
        rows, columns = np.nonzero(self.hashes[:, :TITLES])
        rows, groups = _shared(rows, self.hashes[rows, columns])
        for mark in (WORK, NUMBER, NOTE):
            groups = _told_apart(groups, self.hashes[rows, mark])
        stated = np.flatnonzero(self.hashes[:, WORK])
        stated, works = _shared(stated, self.hashes[stated, WORK])
        return np.concatenate([rows, stated]), np.concatenate([groups, works + groups.max(initial=-1) + 1])


def _hashes(keys: WorkKeys) -> list[int]:
    titles = [*keys.titles, *[""] * (TITLES - len(keys.titles))]
    return [hash(text) if text else 0 for text in (*titles, keys.work, keys.number, keys.note)]


def _shared(rows: Groups, hashes: Hashes) -> tuple[Groups, Groups]:
    """The rows whose hash occurs several times, and for each the number of its hash."""
    _, groups, counts = np.unique(hashes, return_inverse=True, return_counts=True)
    shared = counts[groups] > 1
    return rows[shared], groups[shared]


def _told_apart(groups: Groups, marks: Hashes) -> Groups:
    """The groups, split by the marks of their members where these differ; a mark of 0 alone is no difference."""
    known = marks != 0
    count = int(groups.max(initial=-1)) + 1
    least, greatest = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(least, groups[known], marks[known])
    np.maximum.at(greatest, groups[known], marks[known])
    split = np.flatnonzero((least < greatest)[groups])
    if len(split):
        parts = np.unique(marks[split], return_inverse=True)[1]
        split_groups = np.unique(groups[split] * len(split) + parts, return_inverse=True)[1]
        groups = groups.copy()
        groups[split] = count + split_groups
    return groups
