"""Readers' standings as of now: the model's own, and over them what was done since it was trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommendations.domain import Event, InteractionKind, Standing, standing_after
from recommendations.model.standings import Histories
from recommendations.model.vocabulary import ABSENT, Ids, Vocabulary


@dataclass(frozen=True, slots=True)
class Known:
    """The books that a reader did something with, ascending by id, and the standing to each."""

    books: Ids
    standings: npt.NDArray[np.uint8]

    def that_are(self, standing: Standing) -> Ids:
        """The books to which the reader stands so, in any one of several ways."""
        books: Ids = self.books[(self.standings & standing) != 0]
        return books

    def as_mapping(self) -> dict[int, Standing]:
        """The standing to each book, by its id."""
        return dict(zip(self.books.tolist(), map(Standing, self.standings.tolist()), strict=True))


NOTHING = Known(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.uint8))


class LiveHistories:
    """What every reader knows.

    One thread observes; any thread reads at any time: what a reader knows is replaced as a whole.
    """

    def __init__(self, base: Histories, books: Vocabulary) -> None:
        self._base = base
        self._books = books
        self._since: dict[int, Known] = {}

    def observe(self, events: Sequence[Event]) -> None:
        """Take further events in, in the order of their sequence numbers."""
        changed: dict[int, dict[int, Standing]] = {}
        for event in events:
            if event.kind == InteractionKind.SHOWN:
                continue  # says nothing of taste: the book stays unknown to the reader
            standings = changed.get(event.reader_id)
            if standings is None:
                standings = changed[event.reader_id] = self.of(event.reader_id).as_mapping()
            before = standings.get(event.book_id, Standing.NONE)
            standings[event.book_id] = standing_after(before, InteractionKind(event.kind), event.value)
        self._since.update({reader_id: _known(standings) for reader_id, standings in changed.items()})

    def of(self, reader_id: int) -> Known:
        """What the reader knows."""
        since = self._since.get(reader_id)
        return self._learned(reader_id) if since is None else since

    def _learned(self, reader_id: int) -> Known:
        place = self._base.readers.row(reader_id)
        if place == ABSENT:
            return NOTHING
        start, stop = self._base.indptr[place : place + 2]
        return Known(self._books.ids[self._base.rows[start:stop]], self._base.standings[start:stop])


def _known(standings: Mapping[int, Standing]) -> Known:
    books = sorted(standings)
    return Known(np.array(books, dtype=np.int32), np.array([standings[book_id] for book_id in books], dtype=np.uint8))
