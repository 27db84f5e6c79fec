"""Sets of books, one for each reader."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommendations.model.vocabulary import ABSENT, Ids, Vocabulary

_NO_BOOKS: Ids = np.empty(0, dtype=np.int32)


def pair_keys(readers: Ids, books: Ids) -> npt.NDArray[np.int64]:
    """One number for each reader–book pair, ordered by reader, then by book."""
    return (readers.astype(np.int64) << 32) | books


@dataclass(frozen=True)
class ReaderBooks:
    """The books of the reader at place `r` of `readers` are `books[indptr[r]:indptr[r + 1]]`: ids, ascending.

    Whoever has no book is not among `readers`.
    """

    readers: Vocabulary
    indptr: npt.NDArray[np.int64]
    books: Ids

    @classmethod
    def of(cls, readers: Ids, books: Ids) -> "ReaderBooks":
        """Gather reader–book pairs, in whatever order and however often each comes."""
        keys = np.unique(pair_keys(readers, books))
        ids, starts = np.unique((keys >> 32).astype(np.int32), return_index=True)
        indptr = np.append(starts, len(keys)).astype(np.int64)
        return cls(Vocabulary(ids), indptr, (keys & 0xFFFFFFFF).astype(np.int32))

    def __len__(self) -> int:
        return len(self.books)

    def of_reader(self, reader_id: int) -> Ids:
        """One reader's books; none where the reader has none."""
        place = self.readers.row(reader_id)
        return _NO_BOOKS if place == ABSENT else self.books[self.indptr[place] : self.indptr[place + 1]]

    def pairs(self) -> tuple[Ids, Ids]:
        """The reader and the book of every pair, by reader, then by book."""
        return np.repeat(self.readers.ids, np.diff(self.indptr)), self.books
