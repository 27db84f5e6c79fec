"""Readers' standings as of now: the model's own, and over them what was done since it was trained."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recommendations.domain.interactions import NEUTRAL_KINDS, Event, InteractionKind, Preference, preference_after
from recommendations.model.popularity import Liking
from recommendations.model.preferences import Histories
from recommendations.model.vocabulary import ABSENT, Ids, Rows, Vocabulary


@dataclass(frozen=True, slots=True)
class Known:
    """The books that a reader did something with, the latest last, and the standing to each."""

    books: Ids
    standings: npt.NDArray[np.uint8]

    def as_mapping(self) -> dict[int, Preference]:
        """The standing to each book, by its id."""
        return dict(zip(self.books.tolist(), map(Preference, self.standings.tolist()), strict=True))


class Learned(NamedTuple):
    """A history that is the model's own: the rows of the books, the latest last, and the standing to each."""

    rows: Rows
    standings: npt.NDArray[np.uint8]


NOTHING = Known(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.uint8))


class LiveHistories:
    """What every reader knows.

    One thread observes and replaces; any thread reads at any time: what a reader knows is replaced as a whole.
    """

    def __init__(self, base: Histories, books: Vocabulary) -> None:
        self._base = base
        self._books = books
        self._since: dict[int, Known] = {}

    def observe(self, events: Sequence[Event]) -> list[Liking]:
        """Take further events in, in the order of their sequence numbers; returns the likings that are new.

        Each moves its book to the end of the history, whatever time it has. A history is so in another order than
        the next training will give it only where an event is dated earlier than one before it, or undated after a
        dated one.
        """
        changed: dict[int, dict[int, Preference]] = {}
        likings: list[Liking] = []
        for event in events:
            if event.kind in NEUTRAL_KINDS:
                continue
            standings = changed.get(event.reader_id)
            if standings is None:
                standings = changed[event.reader_id] = self.of(event.reader_id).as_mapping()
            before = standings.get(event.book_id, Preference.NONE)
            after = _counted(standings, event)
            if after & ~before & Preference.LIKED:
                likings.append(Liking(event.book_id, event.happened))
        self._since.update({reader_id: _known(standings) for reader_id, standings in changed.items()})
        return likings

    def replace(self, reader_id: int, events: Iterable[Event]) -> None:
        """Take these events, in the order of sequence numbers, for all that a reader ever did."""
        standings: dict[int, Preference] = {}
        times: dict[int, float] = {}
        for event in events:
            if event.kind not in NEUTRAL_KINDS:
                _counted(standings, event)
                # As in training: by time where it is known, and what has none comes first.
                happened = -inf if isnan(event.happened) else event.happened
                times[event.book_id] = max(happened, times.get(event.book_id, -inf))
        in_time = sorted(standings, key=times.__getitem__)
        self._since[reader_id] = _known({book_id: standings[book_id] for book_id in in_time})

    def of(self, reader_id: int) -> Known:
        """What the reader knows."""
        since = self._since.get(reader_id)
        if since is not None:
            return since
        learned = self.learned(reader_id)
        return NOTHING if learned is None else Known(self._books.ids[learned.rows], learned.standings)

    def since(self, reader_id: int) -> Known | None:
        """What the reader knows, where that is not what the model learned any more."""
        return self._since.get(reader_id)

    def learned(self, reader_id: int) -> Learned | None:
        """What the model learned of the reader."""
        place = self._base.readers.row(reader_id)
        if place == ABSENT:
            return None
        start, stop = self._base.indptr[place : place + 2].tolist()
        return Learned(self._base.rows[start:stop], self._base.preferences[start:stop])


def _counted(standings: dict[int, Preference], event: Event) -> Preference:
    # Taken out and put in again: the latest book is the last one.
    before = standings.pop(event.book_id, Preference.NONE)
    after = standings[event.book_id] = preference_after(before, InteractionKind(event.kind), event.value)
    return after


def _known(standings: Mapping[int, Preference]) -> Known:
    return Known(np.array(list(standings), dtype=np.int32), np.array(list(standings.values()), dtype=np.uint8))
