"""Readers' current preferences: what the model learned, and what readers have done since."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recommendations.domain.interactions import NEUTRAL_KINDS, Event, InteractionKind, Preference, preference_after
from recommendations.model.preferences import Histories
from recommendations.model.ranking.live_popularity import Like
from recommendations.model.vocabulary import ABSENT, Ids, Rows, Vocabulary

LONG = 1_000
"""Histories of more books are handled with arrays, which take longer for ordinary ones."""
MOST_LIKES = 5_000
"""Of more liked books only the latest contribute to lists; all of them stay out of lists."""


@dataclass(frozen=True, slots=True, eq=False)
class HistoryById:
    """The ids of the books that a reader interacted with, the latest last, and the preference for each."""

    books: Ids
    preferences: npt.NDArray[np.uint8]

    def as_mapping(self) -> dict[int, Preference]:
        """The preference for each book, by its id."""
        return dict(zip(self.books.tolist(), map(Preference, self.preferences.tolist()), strict=True))

    def split(self, books: Iterable[int]) -> "tuple[HistoryById, HistoryById]":
        """The history without these books, and that of these books only."""
        chosen = np.isin(self.books, np.fromiter(books, dtype=np.int32))
        return HistoryById(self.books[~chosen], self.preferences[~chosen]), HistoryById(
            self.books[chosen], self.preferences[chosen]
        )

    def followed_by(self, later: "HistoryById") -> "HistoryById":
        """This history, followed by another one of other books."""
        return HistoryById(
            np.concatenate([self.books, later.books]), np.concatenate([self.preferences, later.preferences])
        )


class History(NamedTuple):
    """The rows of the books that a reader interacted with, the latest last, and the preference for each."""

    rows: Rows
    preferences: npt.NDArray[np.uint8]

    @property
    def liked(self) -> Rows:
        """The rows of the liked books, the latest last; at most MOST_LIKES, to bound the time of a call."""
        liked: Rows = self.rows[(self.preferences & _LIKED) != 0][-MOST_LIKES:]
        return liked

    @property
    def not_again(self) -> Rows:
        """The rows of the books that must not be recommended again."""
        not_again: Rows = self.rows[(self.preferences & _NOT_AGAIN) != 0]
        return not_again

    def with_latest_likes(self) -> "History":
        """The history in which only the MOST_LIKES books that were liked last count as liked."""
        if len(self.rows) <= MOST_LIKES:
            return self
        earlier = np.flatnonzero(self.preferences & _LIKED)[:-MOST_LIKES]
        preferences = self.preferences.copy()
        preferences[earlier] &= ~_LIKED
        return History(self.rows, preferences)


_LIKED, _NOT_AGAIN = np.uint8(Preference.LIKED), np.uint8(Preference.READ | Preference.DISMISSED)
NO_HISTORY = HistoryById(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.uint8))


class LiveHistories:
    """The history of every reader.

    Only one thread at a time may call `observe` and `replace`; any thread may read, since histories are never changed
    but replaced as a whole.
    """

    def __init__(self, base: Histories, books: Vocabulary) -> None:
        self._base = base
        self._books = books
        self._since: dict[int, HistoryById] = {}

    def observe(self, events: Sequence[Event]) -> list[Like]:
        """Add further events, in the order of their sequence numbers; returns the new likes.

        Each event moves its book to the end of the history, whatever its time. The next training orders a history
        differently if an event is dated earlier than one before it, or is undated and follows a dated one.
        """
        changed: dict[int, dict[int, Preference]] = {}
        # Of a long history only the books of these events are taken out; the others stay before them as they are.
        others: dict[int, HistoryById] = {}
        likes: list[Like] = []
        counted = [event for event in events if event.kind not in NEUTRAL_KINDS]
        for event in counted:
            preferences = changed.get(event.reader_id)
            if preferences is None:
                known = self.of(event.reader_id)
                if len(known.books) > LONG:
                    books = {later.book_id for later in counted if later.reader_id == event.reader_id}
                    others[event.reader_id], known = known.split(books)
                preferences = changed[event.reader_id] = known.as_mapping()
            before = preferences.get(event.book_id, Preference.NONE)
            after = _apply(preferences, event)
            if after & ~before & Preference.LIKED:
                likes.append(Like(event.book_id, event.happened))
        for reader_id, preferences in changed.items():
            history = _history_by_id(preferences)
            self._since[reader_id] = others[reader_id].followed_by(history) if reader_id in others else history
        return likes

    def replace(self, reader_id: int, events: Iterable[Event]) -> None:
        """Replace a reader's history by these events, in the order of their sequence numbers."""
        preferences: dict[int, Preference] = {}
        times: dict[int, float] = {}
        for event in events:
            if event.kind not in NEUTRAL_KINDS:
                _apply(preferences, event)
                # As in training: ordered by time, undated books first.
                happened = -inf if isnan(event.happened) else event.happened
                times[event.book_id] = max(happened, times.get(event.book_id, -inf))
        in_time = sorted(preferences, key=times.__getitem__)
        self._since[reader_id] = _history_by_id({book_id: preferences[book_id] for book_id in in_time})

    def of(self, reader_id: int) -> HistoryById:
        """The reader's history by ids."""
        since = self._since.get(reader_id)
        if since is not None:
            return since
        learned = self.learned(reader_id)
        return NO_HISTORY if learned is None else HistoryById(self._books.ids[learned.rows], learned.preferences)

    def since(self, reader_id: int) -> HistoryById | None:
        """The reader's history if it has changed since the training, otherwise None."""
        return self._since.get(reader_id)

    def learned(self, reader_id: int) -> History | None:
        """The reader's history as the model learned it, by the model's rows; None for an unknown reader."""
        row = self._base.readers.row(reader_id)
        if row == ABSENT:
            return None
        start, stop = self._base.indptr[row : row + 2].tolist()
        return History(self._base.rows[start:stop], self._base.preferences[start:stop])


def _apply(preferences: dict[int, Preference], event: Event) -> Preference:
    # Removed and inserted again, so that the latest book is the last.
    before = preferences.pop(event.book_id, Preference.NONE)
    after = preferences[event.book_id] = preference_after(before, InteractionKind(event.kind), event.value)
    return after


def _history_by_id(preferences: Mapping[int, Preference]) -> HistoryById:
    return HistoryById(
        np.array(list(preferences), dtype=np.int32), np.array(list(preferences.values()), dtype=np.uint8)
    )
