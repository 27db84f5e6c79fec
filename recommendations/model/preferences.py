"""Readers' preferences for books, computed from all events at once."""

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
    """Every reader's preferences: a sparse matrix, readers × books (CSR).

    The books of the reader in row `r` are `rows[indptr[r]:indptr[r + 1]]`, ordered by the reader's last interaction
    with each, the latest last; `preferences` has the Preference for each. `sequence` is the sequence number of the
    last event included, 0 if there is none.
    """

    readers: Vocabulary
    indptr: npt.NDArray[np.int64]
    rows: Rows
    preferences: npt.NDArray[np.uint8]
    sequence: int


@dataclass(frozen=True)
class DatedHistories:
    """Histories, and the time of the last interaction of each reader with each of their books.

    `times` are in seconds since 1970, NaN where unknown; books without a time come before those with one.
    """

    histories: Histories
    times: npt.NDArray[np.float64]


@dataclass(frozen=True)
class EventColumns:
    """Events as columns, in the order of their sequence numbers."""

    readers: Ids
    books: Ids
    kinds: npt.NDArray[np.uint8]
    values: npt.NDArray[np.float64]
    happened: npt.NDArray[np.float64]
    sequence: int

    @classmethod
    def of(cls, chunks: Iterable[list[Event]]) -> "EventColumns":
        """Gather the chunks, without the kinds of events that express no preference."""
        # Arrays grow in place; concatenating chunks at the end would take twice the memory.
        readers, books, kinds, values, happened = array("i"), array("i"), array("B"), array("d"), array("d")
        columns: tuple[array[Any], ...] = (readers, books, kinds, values, happened)
        sequence = 0
        for chunk in chunks:
            sequence = chunk[-1].sequence if chunk else sequence
            counted = [event for event in chunk if event.kind not in NEUTRAL_KINDS]
            if counted:
                for column, added in zip(columns, list(zip(*counted, strict=True))[1:], strict=True):
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
    """The histories after all events, without times."""
    return dated_histories_of(events, books).histories


def dated_histories_of(events: EventColumns, books: Vocabulary) -> DatedHistories:
    """The histories after all events, as if `domain.preference_after` were applied to one event after the other.

    `books` must contain the book of every event.
    """
    readers = Vocabulary(np.unique(events.readers))
    pair = readers.rows(events.readers).astype(np.int64) * len(books) + books.rows(events.books)
    order = np.argsort(pair, kind="stable")
    pair = pair[order]
    starts = np.flatnonzero(np.diff(pair, prepend=-1))
    reader_of, row_of = np.divmod(pair[starts], max(len(books), 1))
    preferences = _last_preferences(events.kinds[order], events.values[order], starts)
    last = order[np.append(starts[1:], len(order)) - 1] if len(order) else order
    times = np.fmax.reduceat(events.happened[order], starts) if len(order) else events.happened
    by_time = np.lexsort((last, np.nan_to_num(times, nan=-np.inf, neginf=-np.inf), reader_of))
    histories = Histories(
        readers=readers,
        indptr=np.searchsorted(reader_of, np.arange(len(readers) + 1)).astype(np.int64),
        rows=row_of[by_time].astype(np.int32),
        preferences=preferences[by_time],
        sequence=events.sequence,
    )
    return DatedHistories(histories, times[by_time])


def _last_preferences(
    kinds: npt.NDArray[np.uint8], values: npt.NDArray[np.float64], starts: npt.NDArray[np.intp]
) -> npt.NDArray[np.uint8]:
    """The preference after each run of events; the runs, of one reader and one book each, begin at `starts`."""
    if not len(kinds):
        return np.empty(0, dtype=np.uint8)
    rated = kinds == InteractionKind.RATING
    not_interested = kinds == InteractionKind.NOT_INTERESTED
    # The position of the last opinion in each run, -1 if there is none.
    last = np.maximum.reduceat(np.where(rated | not_interested, np.arange(len(kinds)), -1), starts)
    opinion = last >= 0
    liked = np.where(opinion, rated[last] & (values[last] >= LOWEST_LIKED_RATING), True)
    read = np.logical_or.reduceat(rated | (kinds == InteractionKind.PURCHASE), starts)
    dismissed = opinion & not_interested[last]
    preferences = np.zeros(len(starts), dtype=np.uint8)
    for mask, flag in (
        (liked, Preference.LIKED),
        (read, Preference.READ),
        (dismissed, Preference.DISMISSED),
        (opinion, Preference.OPINION),
    ):
        preferences |= np.where(mask, np.uint8(flag), np.uint8(0))
    return preferences
