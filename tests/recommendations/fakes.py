"""Stand-ins for the database, for models and for the service, all in memory."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any

from recommendations.domain.books import Book, UpsertResult
from recommendations.domain.errors import BookNotFound, ForgettingUnfinished, ModelUnusable, StoreUnavailable
from recommendations.domain.interactions import (
    Event,
    HistoryPage,
    HistoryRequest,
    Interaction,
    InteractionKind,
    Result,
    RetiredReader,
)
from recommendations.domain.recommending import (
    Reason,
    ReasonKind,
    Recommendation,
    RecommendationList,
    RecommendRequest,
    SimilarBooksRequest,
)

EMPTY_LIST = RecommendationList(recommendations=(), recommendation_id="", model_version="")


class FakeStore:
    """A store in memory; a test may let each step of a transaction fail or wait."""

    def __init__(self) -> None:
        self.catalogue: dict[int, tuple[int, Book]] = {}
        self.interactions: dict[int, Interaction] = {}
        self.departures: dict[int, tuple[int, int | None]] = {}
        self.versions: list[str] = []
        self.today: date | None = None
        self.chunk = 1000
        self.commits = 0
        self.writes = 0
        self.before_read: Callable[[], None] = lambda: None
        self.before_write: Callable[[], None] = lambda: None
        self.between_chunks: Callable[[], None] = lambda: None
        self.after_commit: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self._sequence = 0
        self._revision = 0

    @contextmanager
    def read(self) -> Iterator["FakeUnitOfWork"]:
        """A transaction that only reads."""
        self.before_read()
        yield FakeUnitOfWork(self)

    @contextmanager
    def write(self) -> Iterator["FakeUnitOfWork"]:
        """A transaction that keeps nothing without `commit()`; writers take turns."""
        self.before_write()
        with self._lock:
            self.writes += 1
            yield FakeUnitOfWork(self)

    @property
    def ids(self) -> list[str]:
        """The ids of what is stored."""
        return [one.id for one in self.interactions.values()]

    @property
    def events(self) -> list[Event]:
        """What counts, undos among it and what they undo not."""
        # A copy: other threads may write meanwhile.
        interactions = dict(self.interactions)
        undone = {(one.reader_id, one.undoes) for one in interactions.values()}
        return [
            Event(sequence, one.reader_id, one.book_id, one.kind, one.value)
            for sequence, one in interactions.items()
            if (one.reader_id, one.id) not in undone
        ]

    def put(self, *books: Book) -> None:
        """Change the catalogue."""
        self._revision += 1
        self.catalogue |= {book.id: (self._revision, book) for book in books}

    def append(self, reader_id: int, book_id: int, kind: int = 2, value: float = 0.0) -> Event:
        """Store one event."""
        one = Interaction(
            id=f"event-{self._sequence + 1}",
            reader_id=reader_id,
            book_id=book_id,
            kind=InteractionKind(kind),
            value=value,
        )
        return Event(self.keep(one), reader_id, book_id, kind, value)

    def undo(self, reader_id: int, undoes: str) -> None:
        """Store an undo."""
        id_ = f"undo-{self._sequence + 1}"
        self.keep(Interaction(id=id_, reader_id=reader_id, book_id=0, kind=InteractionKind.UNDO, undoes=undoes))

    def keep(self, one: Interaction) -> int:
        """Store an interaction under the reader that its reader became; returns its sequence number."""
        _, into = self.departures.get(one.reader_id, (0, one.reader_id))
        assert into is not None, "nothing of a forgotten reader may be stored"
        self._sequence += 1
        self.interactions[self._sequence] = replace(one, reader_id=into)
        return self._sequence

    def depart(self, reader_id: int, into: int | None) -> None:
        """Merge a reader, or forget them, and whoever became them."""
        for one in (reader_id, *(id_ for id_, (_, now) in self.departures.items() if now == reader_id)):
            self._revision += 1
            self.departures[one] = self._revision, into
        if into is None:
            self.interactions = {key: one for key, one in self.interactions.items() if one.reader_id != reader_id}
            return
        for sequence, interaction in self.interactions.items():
            if interaction.reader_id == reader_id:
                self.interactions[sequence] = replace(interaction, reader_id=into)


class FakeUnitOfWork:
    """One transaction over a FakeStore; it is its own books, interactions, readers and models."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self._pending: list[Callable[[], object]] = []
        self.books = self
        self.interactions = self
        self.readers = self
        self.models = self

    def upsert(self, changed: Sequence[Book], today: date) -> set[int]:
        """Put those that differ."""
        self._store.today = today
        before = self._store.catalogue
        different = [one for one in changed if one.id not in before or before[one.id][1] != one]
        self._pending.append(lambda: self._store.put(*different))
        return {one.id for one in different}

    def remove(self, book_ids: Sequence[int]) -> set[int]:
        """Mark those that are there."""
        there = [self._store.catalogue[id_][1] for id_ in book_ids if id_ in self._store.catalogue]
        removed = [replace(book, removed=True) for book in there if not book.removed]
        self._pending.append(lambda: self._store.put(*removed))
        return {one.id for one in removed}

    def changed_since(self, revision: int) -> tuple[list[Book], int]:
        """The books changed after `revision`, and the revision reached."""
        changed = [(number, book) for number, book in self._store.catalogue.values() if number > revision]
        return [book for _, book in changed], max((number for number, _ in changed), default=revision)

    def add(self, batch: Sequence[Interaction]) -> set[str]:
        """Keep those whose ids are new."""
        fresh = {one.id: one for one in reversed(batch) if one.id not in self._store.ids}
        self._pending += [partial(self._store.keep, one) for one in batch if fresh.get(one.id) is one]
        return set(fresh)

    def events_after(self, sequence: int) -> Iterator[list[Event]]:
        """The events after `sequence` in chunks."""
        later = [event for event in self._store.events if event.sequence > sequence]
        for start in range(0, len(later), self._store.chunk):
            if start:
                self._store.between_chunks()
            yield later[start : start + self._store.chunk]

    def events_of(self, reader_id: int) -> list[Event]:
        """The events of one reader."""
        return [one for one in self._store.events if one.reader_id == reader_id and one.kind != InteractionKind.UNDO]

    def page(self, reader_id: int, *, before: int | None, limit: int) -> HistoryPage:
        """The latest events below `before`."""
        earlier = [one.sequence for one in self.events_of(reader_id) if before is None or one.sequence < before]
        shown = earlier[::-1][:limit]
        older = shown[-1] if len(shown) < len(earlier) else None
        return HistoryPage(tuple(self._store.interactions[sequence] for sequence in shown), older)

    def departed(self, reader_ids: Iterable[int]) -> dict[int, int | None]:
        """Those that are no more."""
        return {id_: self._store.departures[id_][1] for id_ in reader_ids if id_ in self._store.departures}

    def merge(self, reader_id: int, into: int) -> None:
        """Make one another, unless either is no more."""
        now = self.departed([reader_id, into])
        became = now.get(into, into)
        if reader_id not in now and became != reader_id:
            self._pending.append(lambda: self._store.depart(reader_id, became))

    def forget(self, reader_id: int) -> None:
        """Forget the reader that the id stands for, once."""
        now = self.departed([reader_id]).get(reader_id, reader_id)
        if now is not None:
            self._pending.append(lambda: self._store.depart(now, None))

    def departed_since(self, revision: int) -> tuple[list[RetiredReader], int]:
        """Who departed after `revision`, and the revision reached."""
        later = [(number, RetiredReader(id_, into)) for id_, (number, into) in self._store.departures.items()]
        later = [(number, one) for number, one in later if number > revision]
        return [one for _, one in later], max((number for number, _ in later), default=revision)

    def latest(self, most: int) -> Sequence[str]:
        """The versions recorded last, newest first."""
        return self._store.versions[::-1][:most]

    def commit(self) -> None:
        """Keep what was written."""
        for change in self._pending:
            change()
        self._pending.clear()
        self._store.commits += 1
        self._store.after_commit()


class FakeModel:
    """A model that remembers what it was given and recommends the books of its catalogue in order of id."""

    def __init__(self, version: str, models: "FakeModels", *, sequence: int = 0, departures: int = 0) -> None:
        self.version = version
        self.sequence = sequence
        self.departures = departures
        self.observed: list[Event] = []
        self.histories: dict[int, list[Event]] = {}
        self.replaced: list[int] = []
        self.asked: list[RecommendRequest | SimilarBooksRequest] = []
        self.on_observe: Callable[[], None] = lambda: None
        self.on_replace: Callable[[], None] = lambda: None
        self._models = models
        self.restock()

    def restock(self) -> None:
        """Take the catalogue over."""
        self.books = dict(self._models.catalogue)

    def observe(self, events: Sequence[Event]) -> None:
        """Remember the events, each once."""
        self.on_observe()
        self.observed += events
        for event in events:
            history = self.histories.setdefault(event.reader_id, [])
            if event.kind != InteractionKind.UNDO and event not in history:
                history.append(event)

    def replace(self, reader_id: int, events: Sequence[Event]) -> None:
        """Remember these instead."""
        self.on_replace()
        self.replaced.append(reader_id)
        self.histories[reader_id] = list(events)

    def recommend(self, request: RecommendRequest) -> RecommendationList:
        """The first books that are not excluded."""
        self.asked.append(request)
        listed = [self.books[id_] for id_ in sorted(self.books) if id_ not in request.excluded][: request.limit]
        return RecommendationList(
            recommendations=tuple(Recommendation(book, 0.0, Reason(ReasonKind.NEW)) for book in listed),
            recommendation_id=f"list-{request.reader_id}",
            model_version=self.version,
        )

    def similar(self, request: SimilarBooksRequest) -> RecommendationList:
        """The book itself."""
        self.asked.append(request)
        if request.book_id not in self.books:
            raise BookNotFound
        book = Recommendation(self.books[request.book_id], 1.0, Reason(ReasonKind.LIKE_THIS_BOOK))
        return RecommendationList(recommendations=(book,), recommendation_id="", model_version=self.version)


class FakeModels:
    """Opens FakeModels; the versions in `broken` are unusable, and `unfinished` is what forgetting fails with."""

    def __init__(self, **sequences: int) -> None:
        self.sequences = sequences
        self.departures: dict[str, int] = {}
        self.catalogue: dict[int, Book] = {}
        self.opened: list[FakeModel] = []
        self.asked: list[str] = []
        self.broken: set[str] = set()
        self.forgotten: list[list[int]] = []
        self.unfinished: OSError | None = None
        self.while_opening: Callable[[], None] = lambda: None
        self.while_forgetting: Callable[[], None] = lambda: None
        self.on_open: Callable[[FakeModel], None] = lambda _model: None

    def stock(self, books: Sequence[Book]) -> None:
        """Take the books into the catalogue; those that were removed out of it."""
        self.catalogue |= {book.id: book for book in books}
        self.catalogue = {id_: book for id_, book in self.catalogue.items() if not book.removed}

    def open(self, version: str) -> FakeModel:
        """Open one."""
        self.asked.append(version)
        if version in self.broken:
            raise ModelUnusable(f"{version} is damaged")
        sequence, departures = self.sequences.get(version, 0), self.departures.get(version, 0)
        model = FakeModel(version, self, sequence=sequence, departures=departures)
        self.while_opening()
        self.on_open(model)
        self.opened.append(model)
        return model

    def forget(self, reader_ids: Sequence[int]) -> None:
        """Remember who is to be forgotten."""
        self.while_forgetting()
        if self.unfinished:
            raise ForgettingUnfinished from self.unfinished
        self.forgotten.append(list(reader_ids))


@dataclass
class FakeService:
    """Answers what it was told to, and remembers what it was asked."""

    answer: RecommendationList = EMPTY_LIST
    results: list[Result] = field(default_factory=list)
    upserted: list[UpsertResult] = field(default_factory=list)
    page: HistoryPage = field(default_factory=lambda: HistoryPage((), None))
    removed: int = 0
    before_each: Callable[[], None] = lambda: None
    before_record: Callable[[], object] = lambda: None
    asked: list[Any] = field(default_factory=list)
    distinct: bool | None = None
    recorded: list[Interaction | Result] = field(default_factory=list)

    def recommend(self, request: RecommendRequest) -> RecommendationList:
        """The answer."""
        self.asked.append(request)
        self.before_each()
        return self.answer

    def recommend_batch(self, requests: Sequence[RecommendRequest], *, distinct: bool) -> list[RecommendationList]:
        """The answer, once for each request."""
        self.asked += requests
        self.distinct = distinct
        self.before_each()
        return [self.answer for _ in requests]

    def similar(self, request: SimilarBooksRequest) -> RecommendationList:
        """The answer."""
        self.asked.append(request)
        self.before_each()
        return self.answer

    def record(self, interactions: Sequence[Interaction | Result]) -> list[Result]:
        """The results."""
        self.before_record()
        self.recorded += interactions
        self.before_each()
        return self.results

    def history(self, request: HistoryRequest) -> HistoryPage:
        """The page."""
        self.asked.append(request)
        self.before_each()
        return self.page

    def upsert_books(self, books: Sequence[Book | UpsertResult], today: date) -> list[UpsertResult]:
        """The results."""
        self.asked += [*books, today]
        self.before_each()
        return self.upserted

    def remove_books(self, book_ids: Sequence[int]) -> int:
        """The number."""
        self.asked += book_ids
        self.before_each()
        return self.removed

    def merge(self, reader_id: int, into: int) -> None:
        """Nothing to answer."""
        self.asked.append((reader_id, into))
        self.before_each()

    def forget(self, reader_id: int) -> None:
        """Nothing to answer."""
        self.asked.append(reader_id)
        self.before_each()


def fail() -> None:
    """Stands for a database that does not answer."""
    raise StoreUnavailable from OSError("gone")
