"""What readers did, by column: enough of it to split, to learn from and to judge by."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import nan

import numpy as np
import numpy.typing as npt

from recommendations.domain.interactions import NEUTRAL_KINDS, Event, Interaction, InteractionKind, Preference
from recommendations.evaluation.reader_books import ReaderBooks
from recommendations.model.preferences import EventColumns, histories_of
from recommendations.model.vocabulary import Ids, Vocabulary

CHUNK = 50_000
"""Events handed to a training at a time, as the store does it."""


@dataclass(frozen=True)
class Interactions:
    """One interaction at each place of five arrays of one length, in the order in which they count.

    `values` are ratings and 0 elsewhere; `times` are seconds since 1970, NaN where no time is known.
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
        """Gather the batches; what was merely shown says nothing of taste and is left out."""
        ids: list[npt.NDArray[np.int32]] = [np.empty((3, 0), dtype=np.int32)]
        numbers: list[npt.NDArray[np.float64]] = [np.empty((2, 0))]
        for batch in batches:
            telling = [one for one in batch if one.kind not in NEUTRAL_KINDS]
            ids.append(
                np.array([(one.reader_id, one.book_id, one.kind) for one in telling], dtype=np.int32).reshape(-1, 3).T
            )
            times = [one.occurred_at.timestamp() if one.occurred_at else nan for one in telling]
            numbers.append(np.array([[one.value for one in telling], times]))
        readers, books, kinds = np.concatenate(ids, axis=1)
        values, times_ = np.concatenate(numbers, axis=1)
        return cls(readers.copy(), books.copy(), kinds.astype(np.uint8), values.copy(), times_.copy())

    @classmethod
    def purchases(cls, readers: Ids, books: Ids) -> "Interactions":
        """A purchase without a time for each reader–book pair."""
        count = len(readers)
        kinds = np.full(count, InteractionKind.PURCHASE, dtype=np.uint8)
        return cls(readers, books, kinds, np.zeros(count), np.full(count, nan))

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Interactions":
        """The chosen ones, in the same order."""
        return Interactions(
            self.readers[chosen],
            self.books[chosen],
            self.kinds[chosen],
            self.values[chosen],
            self.times[chosen],
        )

    @property
    def dated(self) -> npt.NDArray[np.bool_]:
        """Of each whether its time is known."""
        return ~np.isnan(self.times)

    def events(self) -> Iterator[list[Event]]:
        """The same as events, numbered from 1, in chunks, as a training takes them."""
        columns = (self.readers, self.books, self.kinds, self.values, self.times)
        for start in range(0, len(self), CHUNK):
            rows = zip(*(column[start : start + CHUNK].tolist() for column in columns), strict=True)
            yield [Event(sequence, *row) for sequence, row in enumerate(rows, start + 1)]

    def known_and_liked(self) -> tuple[ReaderBooks, ReaderBooks]:
        """Each reader's books, and those of them that the reader likes after all, by the rules of the domain."""
        books = Vocabulary(np.unique(self.books))
        histories = histories_of(EventColumns.of(self.events()), books)
        readers = np.repeat(histories.readers.ids, np.diff(histories.indptr))
        ids = books.ids[histories.rows]
        liked = (histories.preferences & np.uint8(Preference.LIKED)) != 0
        known = histories.preferences != 0
        return ReaderBooks.of(readers[known], ids[known]), ReaderBooks.of(readers[liked], ids[liked])
