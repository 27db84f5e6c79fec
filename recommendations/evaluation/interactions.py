"""Interactions as columns, and the set of books of each reader."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isnan, nan
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recommendations.domain.interactions import (
    NEUTRAL_KINDS,
    Event,
    Interaction,
    InteractionKind,
    Preference,
    outranks,
)
from recommendations.model.preferences import EventColumns, histories_of
from recommendations.model.vocabulary import ABSENT, Ids, Vocabulary

CHUNK = 50_000
"""Events per chunk of a training, the same as in the store."""

_NO_BOOKS: Ids = np.empty(0, dtype=np.int32)


def pair_keys(readers: Ids, books: Ids) -> npt.NDArray[np.int64]:
    """One number for each reader–book pair, ordered by reader, then by book."""
    return (readers.astype(np.int64) << 32) | books


@dataclass(frozen=True)
class ReaderBooks:
    """A set of books for each reader: the reader in row `r` has the ids `books[indptr[r]:indptr[r + 1]]`, ascending.

    `readers` has only readers with books.
    """

    readers: Vocabulary
    indptr: npt.NDArray[np.int64]
    books: Ids

    @classmethod
    def of(cls, readers: Ids, books: Ids) -> "ReaderBooks":
        """Gather reader–book pairs in any order, without repetitions."""
        keys = np.unique(pair_keys(readers, books))
        ids, starts = np.unique((keys >> 32).astype(np.int32), return_index=True)
        indptr = np.append(starts, len(keys)).astype(np.int64)
        return cls(Vocabulary(ids), indptr, (keys & 0xFFFFFFFF).astype(np.int32))

    def __len__(self) -> int:
        return len(self.books)

    def of_reader(self, reader_id: int) -> Ids:
        """One reader's books, empty for an unknown reader."""
        row = self.readers.row(reader_id)
        return _NO_BOOKS if row == ABSENT else self.books[self.indptr[row] : self.indptr[row + 1]]

    def lengths(self, reader_ids: Ids) -> npt.NDArray[np.int64]:
        """The number of books of each of these readers, 0 for an unknown one."""
        rows = self.readers.rows(reader_ids)
        counts = np.append(np.diff(self.indptr), 0)
        return counts[np.where(rows == ABSENT, len(self.readers), rows)]

    def pairs(self) -> tuple[Ids, Ids]:
        """The reader and the book of every pair, ordered by reader, then by book."""
        return np.repeat(self.readers.ids, np.diff(self.indptr)), self.books


@dataclass(frozen=True)
class Interactions:
    """Five columns of equal length with a row for each interaction, in the order in which they happened.

    `values` are ratings, 0 for other kinds; `times` are seconds since 1970, NaN if unknown.
    """

    readers: Ids
    books: Ids
    kinds: npt.NDArray[np.uint8]
    values: npt.NDArray[np.float64]
    times: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.readers)

    @classmethod
    def of(cls, batches: Iterable[list[Interaction]]) -> "Interactions":
        """Gather the batches, without the kinds of interactions that express no preference."""
        ids: list[npt.NDArray[np.int32]] = [np.empty((3, 0), dtype=np.int32)]
        numbers: list[npt.NDArray[np.float64]] = [np.empty((2, 0))]
        for batch in batches:
            counted = [interaction for interaction in batch if interaction.kind not in NEUTRAL_KINDS]
            keys = [(interaction.reader_id, interaction.book_id, interaction.kind) for interaction in counted]
            ids.append(np.array(keys, dtype=np.int32).reshape(-1, 3).T)
            moments = [interaction.occurred_at for interaction in counted]
            times = [moment.timestamp() if moment else nan for moment in moments]
            numbers.append(np.array([[interaction.value for interaction in counted], times]))
        readers, books, kinds = np.concatenate(ids, axis=1)
        values, times_ = np.concatenate(numbers, axis=1)
        return cls(readers.copy(), books.copy(), kinds.astype(np.uint8), values.copy(), times_.copy())

    @classmethod
    def purchases(cls, readers: Ids, books: Ids) -> "Interactions":
        """A purchase at an unknown time for each reader–book pair."""
        count = len(readers)
        kinds = np.full(count, InteractionKind.PURCHASE, dtype=np.uint8)
        return cls(readers, books, kinds, np.zeros(count), np.full(count, nan))

    def where(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> "Interactions":
        """The rows that a mask selects, in the same order, or those with these numbers, in their order."""
        return Interactions(**{name: column[rows] for name, column in vars(self).items()})

    def save(self, path: Path) -> None:
        """Write the interactions to a file for other processes."""
        np.savez(path, allow_pickle=False, **vars(self))

    @classmethod
    def load(cls, path: Path) -> "Interactions":
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**arrays)

    @property
    def dated(self) -> npt.NDArray[np.bool_]:
        """A mask of the interactions with a known time."""
        return ~np.isnan(self.times)

    def events(self) -> Iterator[list[Event]]:
        """Events for training, in chunks, with sequence numbers from 1, without the ratings that do not count.

        As in an import, of several ratings of one book by one reader only one counts.
        """
        counting = self.where(~self._outranked())
        columns = (counting.readers, counting.books, counting.kinds, counting.values, counting.times)
        for start in range(0, len(counting), CHUNK):
            rows = zip(*(column[start : start + CHUNK].tolist() for column in columns), strict=True)
            yield [Event(sequence, *row) for sequence, row in enumerate(rows, start + 1)]

    def _outranked(self) -> npt.NDArray[np.bool_]:
        """A mask of the ratings that do not count beside another one of the same book by the same reader."""
        outranked = np.zeros(len(self), dtype=np.bool_)
        rated = np.flatnonzero(self.kinds == InteractionKind.RATING)
        pairs, counts = np.unique(pair_keys(self.readers[rated], self.books[rated]), return_counts=True)
        again = rated[np.isin(pair_keys(self.readers[rated], self.books[rated]), pairs[counts > 1])]
        best: dict[tuple[int, int], tuple[int, float, float | None]] = {}
        columns = (again, self.readers[again], self.books[again], self.values[again], self.times[again])
        for row, reader, book, value, time in zip(*(column.tolist() for column in columns), strict=True):
            at = None if isnan(time) else time
            before = best.get((reader, book))
            if before and not outranks(value, at, *before[1:], is_of_file=True):
                outranked[row] = True
                continue
            if before:
                outranked[before[0]] = True
            best[reader, book] = row, value, at
        return outranked

    def known_and_liked(self) -> tuple[ReaderBooks, ReaderBooks]:
        """Each reader's books, and those of them that the reader likes by the rules of the domain."""
        books = Vocabulary(np.unique(self.books))
        histories = histories_of(EventColumns.of(self.events()), books)
        readers = np.repeat(histories.readers.ids, np.diff(histories.indptr))
        ids = books.ids[histories.rows]
        liked = (histories.preferences & np.uint8(Preference.LIKED)) != 0
        known = histories.preferences != 0
        return ReaderBooks.of(readers[known], ids[known]), ReaderBooks.of(readers[liked], ids[liked])
