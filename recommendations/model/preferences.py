"""Readers' standings to books, computed for a whole history at once."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recommendations.domain.interactions import LOWEST_LIKED_RATING, NEUTRAL_KINDS, Event, InteractionKind, Preference
from recommendations.model.vocabulary import Ids, Rows, Vocabulary


@dataclass(frozen=True)
class Histories:
    """Every reader's standings, as rows of a sparse matrix.

    The books of the reader at place `r` of `readers` are `rows[indptr[r]:indptr[r + 1]]`, in the order in which
    the reader last did something with them, the latest last, and `standings` holds the Preference to each. `sequence`
    is that of the last event counted, 0 for none.
    """

    readers: Vocabulary
    indptr: npt.NDArray[np.int64]
    rows: Rows
    standings: npt.NDArray[np.uint8]
    sequence: int


@dataclass(frozen=True)
class DatedHistories:
    """Histories, and for each of their books when the reader last did something with it.

    `times` are in seconds since 1970, NaN where unknown; what has no time comes before what has one.
    """

    histories: Histories
    times: npt.NDArray[np.float64]


@dataclass(frozen=True)
class EventColumns:
    """Events by column, in the order of their sequence numbers."""

    readers: Ids
    books: Ids
    kinds: npt.NDArray[np.uint8]
    values: npt.NDArray[np.float64]
    happened: npt.NDArray[np.float64]
    sequence: int

    @classmethod
    def of(cls, chunks: Iterable[list[Event]]) -> "EventColumns":
        """Gather the chunks; events that say nothing of taste, SHOWN and UNDO, are left out."""
        # They grow in place: parts to be joined at the end would take twice the memory.
        readers, books, kinds, values, happened = array("i"), array("i"), array("B"), array("d"), array("d")
        columns: tuple[array[Any], ...] = (readers, books, kinds, values, happened)
        sequence = 0
        for chunk in chunks:
            sequence = chunk[-1].sequence if chunk else sequence
            told = chunk
            if not NEUTRAL_KINDS.isdisjoint(event.kind for event in chunk):
                told = [event for event in chunk if event.kind not in NEUTRAL_KINDS]
            if told:
                for column, added in zip(columns, list(zip(*told, strict=True))[1:], strict=True):
                    column.fromlist(list(added))
        return cls(
            np.asarray(readers, dtype=np.int32),
            np.asarray(books, dtype=np.int32),
            np.asarray(kinds, dtype=np.uint8),
            np.asarray(values, dtype=np.float64),
            np.asarray(happened, dtype=np.float64),
            sequence,
        )


def histories_of(events: EventColumns, books: Vocabulary) -> Histories:
    """The histories of `dated_histories_of`."""
    return dated_histories_of(events, books).histories


def dated_histories_of(events: EventColumns, books: Vocabulary) -> DatedHistories:
    """The standings after all `events`, as `domain.preference_after` gives them one by one.

    `books` has every book that an event names.
    """
    readers = Vocabulary(np.unique(events.readers))
    pair = readers.rows(events.readers).astype(np.int64) * len(books) + books.rows(events.books)
    order = np.argsort(pair, kind="stable")
    pair = pair[order]
    starts = np.flatnonzero(np.diff(pair, prepend=-1))
    pairs = pair[starts]
    reader_of, row_of = np.divmod(pairs, max(len(books), 1))
    standings = _last_standings(events.kinds[order], events.values[order], starts)
    last = order[np.append(starts[1:], len(order)) - 1] if len(order) else order
    times = np.fmax.reduceat(events.happened[order], starts) if len(order) else events.happened
    in_time = np.lexsort((last, np.nan_to_num(times, nan=-np.inf, neginf=-np.inf), reader_of))
    histories = Histories(
        readers=readers,
        indptr=np.searchsorted(reader_of, np.arange(len(readers) + 1)).astype(np.int64),
        rows=row_of[in_time].astype(np.int32),
        standings=standings[in_time],
        sequence=events.sequence,
    )
    return DatedHistories(histories, times[in_time])


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
    liked = np.where(has_opinion, rated[last] & (values[last] >= LOWEST_LIKED_RATING), True)
    taken = np.logical_or.reduceat(rated | (kinds == InteractionKind.PURCHASE), starts)
    waved_away = has_opinion & waved[last]
    flags = [(liked, Preference.LIKED), (taken, Preference.READ), (waved_away, Preference.DISMISSED)]
    flags.append((has_opinion, Preference.OPINION))
    standings = np.zeros(len(starts), dtype=np.uint8)
    for holds, flag in flags:
        standings |= np.where(holds, np.uint8(flag), np.uint8(0))
    return standings
