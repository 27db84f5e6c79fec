"""Readers' preferences as of now: what the model learned, and what readers did since."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recommendations.domain.interactions import NEUTRAL_KINDS, Event, InteractionKind, Preference, preference_after
from recommendations.model.preferences import Histories
from recommendations.model.ranking.live_popularity import Liking
from recommendations.model.vocabulary import ABSENT, Ids, Rows, Vocabulary


@dataclass(frozen=True, slots=True)
class Known:
    """The books that a reader interacted with, the latest last, and the preference for each."""

    books: Ids
    preferences: npt.NDArray[np.uint8]

    def as_mapping(self) -> dict[int, Preference]:
        """The preference for each book, by its id."""
        return dict(zip(self.books.tolist(), map(Preference, self.preferences.tolist()), strict=True))


class Learned(NamedTuple):
    """A history as the model learned it: the rows of the books, the latest last, and the preference for each."""

    rows: Rows
    preferences: npt.NDArray[np.uint8]


NOTHING = Known(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.uint8))


class LiveHistories:
    """The history of every reader.

    One thread observes and replaces; any thread reads at any time: a reader's history is replaced as a whole.
    """

    def __init__(self, base: Histories, books: Vocabulary) -> None:
        self._base = base
        self._books = books
        self._since: dict[int, Known] = {}

    def observe(self, events: Sequence[Event]) -> list[Liking]:
        """Add further events, in the order of their sequence numbers; returns the likings that are new.

        Each moves its book to the end of the history, whatever its time. The next training orders a history
        differently only where an event is dated earlier than one before it, or undated after a dated one.
        """
        changed: dict[int, dict[int, Preference]] = {}
        likings: list[Liking] = []
        for event in events:
            if event.kind in NEUTRAL_KINDS:
                continue
            preferences = changed.get(event.reader_id)
            if preferences is None:
                preferences = changed[event.reader_id] = self.of(event.reader_id).as_mapping()
            before = preferences.get(event.book_id, Preference.NONE)
            after = _counted(preferences, event)
            if after & ~before & Preference.LIKED:
                likings.append(Liking(event.book_id, event.happened))
        self._since.update({reader_id: _known(preferences) for reader_id, preferences in changed.items()})
        return likings

    def replace(self, reader_id: int, events: Iterable[Event]) -> None:
        """Take these events, in the order of sequence numbers, for all that a reader ever did."""
        preferences: dict[int, Preference] = {}
        times: dict[int, float] = {}
        for event in events:
            if event.kind not in NEUTRAL_KINDS:
                _counted(preferences, event)
                # As in training: by time where it is known, undated books first.
                happened = -inf if isnan(event.happened) else event.happened
                times[event.book_id] = max(happened, times.get(event.book_id, -inf))
        in_time = sorted(preferences, key=times.__getitem__)
        self._since[reader_id] = _known({book_id: preferences[book_id] for book_id in in_time})

    def of(self, reader_id: int) -> Known:
        """The reader's books."""
        since = self._since.get(reader_id)
        if since is not None:
            return since
        learned = self.learned(reader_id)
        return NOTHING if learned is None else Known(self._books.ids[learned.rows], learned.preferences)

    def since(self, reader_id: int) -> Known | None:
        """The reader's books, where they differ from what the model learned."""
        return self._since.get(reader_id)

    def learned(self, reader_id: int) -> Learned | None:
        """The reader's books as the model learned them, None where it learned none."""
        place = self._base.readers.row(reader_id)
        if place == ABSENT:
            return None
        start, stop = self._base.indptr[place : place + 2].tolist()
        return Learned(self._base.rows[start:stop], self._base.preferences[start:stop])


def _counted(preferences: dict[int, Preference], event: Event) -> Preference:
    # Removed and inserted again: the latest book is the last one.
    before = preferences.pop(event.book_id, Preference.NONE)
    after = preferences[event.book_id] = preference_after(before, InteractionKind(event.kind), event.value)
    return after


def _known(preferences: Mapping[int, Preference]) -> Known:
    return Known(np.array(list(preferences), dtype=np.int32), np.array(list(preferences.values()), dtype=np.uint8))
