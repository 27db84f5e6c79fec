"""Readers' standings to books, computed for a whole history at once."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommendations.domain import LOWEST_LIKING, Event, InteractionKind, Standing
from recommendations.model.vocabulary import Ids, Rows, Vocabulary


@dataclass(frozen=True)
class Histories:
    """Every reader's standings, as rows of a sparse matrix.

    The books of the reader at place `r` of `readers` are `rows[indptr[r]:indptr[r + 1]]`, ascending, and
    `standings` holds the Standing to each. `sequence` is that of the last event counted, 0 for none.
    """

    readers: Vocabulary
    indptr: npt.NDArray[np.int64]
    rows: Rows
    standings: npt.NDArray[np.uint8]
    sequence: int


@dataclass(frozen=True)
class EventColumns:
    """Events by column, in the order of their sequence numbers."""

    readers: Ids
    books: Ids
    kinds: npt.NDArray[np.uint8]
    values: npt.NDArray[np.float64]
    sequence: int

    @classmethod
    def of(cls, chunks: Iterable[list[Event]]) -> "EventColumns":
        """Gather the chunks; events of kind SHOWN say nothing of taste and are left out."""
        parts: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]] = []
        sequence = 0
        for chunk in chunks:
            if chunk:
                sequences, readers, books, kinds, ratings = zip(*chunk, strict=True)
                parts.append((np.array([readers, books, kinds], dtype=np.int32), np.array(ratings, dtype=np.float64)))
                sequence = sequences[-1]
        whole = np.concatenate([np.empty((3, 0), dtype=np.int32), *(part for part, _ in parts)], axis=1)
        values = np.concatenate([np.empty(0, dtype=np.float64), *(part for _, part in parts)])
        told = whole[2] != InteractionKind.SHOWN
        return cls(whole[0][told], whole[1][told], whole[2][told].astype(np.uint8), values[told], sequence)


def histories_of(events: EventColumns, books: Vocabulary) -> Histories:
    """The standings after all `events`, as `domain.standing_after` gives them one by one.

    `books` has every book that an event names.
    """
    readers = Vocabulary(np.unique(events.readers))
    pair = readers.rows(events.readers).astype(np.int64) * len(books) + books.rows(events.books)
    order = np.argsort(pair, kind="stable")
    pair = pair[order]
    starts = np.flatnonzero(np.diff(pair, prepend=-1))
    pairs = pair[starts]
    reader_of, row_of = np.divmod(pairs, max(len(books), 1))
    return Histories(
        readers=readers,
        indptr=np.searchsorted(reader_of, np.arange(len(readers) + 1)).astype(np.int64),
        rows=row_of.astype(np.int32),
        standings=_last_standings(events.kinds[order], events.values[order], starts),
        sequence=events.sequence,
    )


def _last_standings(
    kinds: npt.NDArray[np.uint8], values: npt.NDArray[np.float64], starts: npt.NDArray[np.intp]
) -> npt.NDArray[np.uint8]:
    if not len(kinds):
        return np.empty(0, dtype=np.uint8)
    rated = kinds == InteractionKind.RATING
    waved = kinds == InteractionKind.NOT_INTERESTED
    # The place of the last opinion in each pair's run of events, before the run where there is none.
    last = np.maximum.reduceat(np.where(rated | waved, np.arange(len(kinds)), -1), starts)
    has_opinion = last >= 0
    liked = np.where(has_opinion, rated[last] & (values[last] >= LOWEST_LIKING), True)
    taken = np.logical_or.reduceat(rated | (kinds == InteractionKind.PURCHASE), starts)
    waved_away = has_opinion & waved[last]
    flags = [(liked, Standing.LIKED), (taken, Standing.TAKEN), (waved_away, Standing.WAVED_AWAY)]
    flags.append((has_opinion, Standing.OPINION))
    standings = np.zeros(len(starts), dtype=np.uint8)
    for holds, flag in flags:
        standings |= np.where(holds, np.uint8(flag), np.uint8(0))
    return standings
