"""Readers' standings as of now: the model's own, and over them what was done since it was trained."""

from collections.abc import Mapping, Sequence

from recommendations.domain import Event, InteractionKind, Standing, standing_after
from recommendations.model.standings import Histories
from recommendations.model.vocabulary import ABSENT, Vocabulary

_NO_ONE: Mapping[int, Standing] = {}


class LiveHistories:
    """The standings of every reader, by book id.

    One thread observes; any thread reads at any time: a reader's standings are replaced as a whole.
    """

    def __init__(self, base: Histories, books: Vocabulary) -> None:
        self._base = base
        self._books = books
        self._since: dict[int, Mapping[int, Standing]] = {}

    def observe(self, events: Sequence[Event]) -> None:
        """Take further events in, in the order of their sequence numbers."""
        changed: dict[int, dict[int, Standing]] = {}
        for event in events:
            if event.kind == InteractionKind.SHOWN:
                continue  # says nothing of taste: the book stays unknown to the reader
            standings = changed.get(event.reader_id)
            if standings is None:
                standings = changed[event.reader_id] = dict(self.of(event.reader_id))
            before = standings.get(event.book_id, Standing.NONE)
            standings[event.book_id] = standing_after(before, InteractionKind(event.kind), event.value)
        self._since.update(changed)

    def of(self, reader_id: int) -> Mapping[int, Standing]:
        """The reader's standing to every book they did something with, by book id."""
        since = self._since.get(reader_id)
        return self._learned(reader_id) if since is None else since

    def _learned(self, reader_id: int) -> Mapping[int, Standing]:
        place = self._base.readers.row(reader_id)
        if place == ABSENT:
            return _NO_ONE
        span = slice(*self._base.indptr[place : place + 2].tolist())
        ids = self._books.ids[self._base.rows[span]].tolist()
        return dict(zip(ids, map(Standing, self._base.standings[span].tolist()), strict=True))
