"""Stand-ins for the database, for models and for the service, all in memory."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from recommendations.domain import (
    Book,
    Event,
    Interaction,
    ModelUnusable,
    Reason,
    ReasonKind,
    Recommendation,
    Result,
    Shelf,
    ShelfRequest,
    StoreUnavailable,
)


class FakeStore:
    """A store in memory; a test may let each step of a transaction fail or wait."""

    def __init__(self) -> None:
        self.catalogue: dict[int, tuple[int, Book]] = {}
        self.events: list[Event] = []
        self.ids: list[str] = []
        self.versions: list[str] = []
        self.chunk = 1000
        self.commits = 0
        self.writes = 0
        self.before_read: Callable[[], None] = lambda: None
        self.before_write: Callable[[], None] = lambda: None
        self.between_chunks: Callable[[], None] = lambda: None
        self.after_commit: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

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

    def put(self, *books: Book) -> None:
        """Change the catalogue."""
        revision = max((number for number, _ in self.catalogue.values()), default=0) + 1
        self.catalogue |= {book.id: (revision, book) for book in books}

    def append(self, reader_id: int, book_id: int, kind: int = 2, value: float = 0.0) -> Event:
        """Store one event."""
        event = Event(len(self.events) + 1, reader_id, book_id, kind, value)
        self.events.append(event)
        self.ids.append(f"event-{event.sequence}")
        return event


class FakeUnitOfWork:
    """One transaction over a FakeStore; it is its own books, interactions and models."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self._added: list[Interaction] = []
        self.books = self
        self.interactions = self
        self.models = self

    def changed_since(self, revision: int) -> tuple[list[Book], int]:
        """The books changed after `revision`, and the revision reached."""
        changed = [(number, book) for number, book in self._store.catalogue.values() if number > revision]
        return [book for _, book in changed], max((number for number, _ in changed), default=revision)

    def add(self, batch: Sequence[Interaction]) -> set[str]:
        """Keep those whose ids are new."""
        fresh = {one.id: one for one in reversed(batch) if one.id not in self._store.ids}
        self._added += [one for one in batch if fresh.get(one.id) is one]
        return set(fresh)

    def events_after(self, sequence: int) -> Iterator[list[Event]]:
        """The events after `sequence` in chunks."""
        later = [event for event in self._store.events if event.sequence > sequence]
        for start in range(0, len(later), self._store.chunk):
            if start:
                self._store.between_chunks()
            yield later[start : start + self._store.chunk]

    def latest(self, most: int) -> Sequence[str]:
        """The versions recorded last, newest first."""
        return self._store.versions[::-1][:most]

    def commit(self) -> None:
        """Keep what was added."""
        for one in self._added:
            self._store.append(one.reader_id, one.book_id, one.kind, one.value)
            self._store.ids[-1] = one.id
        self._added.clear()
        self._store.commits += 1
        self._store.after_commit()


class FakeModel:
    """A model that remembers what it was given and recommends the books of its catalogue in order of id."""

    def __init__(self, version: str, books: Mapping[int, Book], *, sequence: int = 0) -> None:
        self.version = version
        self.sequence = sequence
        self.books = books
        self.observed: list[Event] = []
        self.on_observe: Callable[[], None] = lambda: None

    def observe(self, events: Sequence[Event]) -> None:
        """Remember the events."""
        self.on_observe()
        self.observed += events

    def stock(self, books: Mapping[int, Book]) -> None:
        """Take the catalogue over."""
        self.books = books

    def recommend(self, request: ShelfRequest) -> Shelf:
        """The first books that are not excluded."""
        chosen = [self.books[id_] for id_ in sorted(self.books) if id_ not in request.excluded][: request.limit]
        return Shelf(
            recommendations=tuple(Recommendation(book, 0.0, Reason(ReasonKind.NEW)) for book in chosen),
            recommendation_id=f"list-{request.reader_id}",
            model_version=self.version,
        )


class FakeModels:
    """Opens FakeModels; the versions in `broken` are unusable."""

    def __init__(self, **sequences: int) -> None:
        self.sequences = sequences
        self.opened: list[FakeModel] = []
        self.asked: list[str] = []
        self.broken: set[str] = set()
        self.while_opening: Callable[[], None] = lambda: None
        self.on_open: Callable[[FakeModel], None] = lambda _model: None

    def __call__(self, version: str, books: Mapping[int, Book]) -> FakeModel:
        """Open one."""
        self.asked.append(version)
        if version in self.broken:
            raise ModelUnusable(f"{version} is damaged")
        model = FakeModel(version, books, sequence=self.sequences.get(version, 0))
        self.while_opening()
        self.on_open(model)
        self.opened.append(model)
        return model


@dataclass
class FakeService:
    """Answers what it was told to, and remembers what it was asked."""

    shelf: Shelf = field(default_factory=lambda: Shelf(recommendations=(), recommendation_id="", model_version=""))
    results: list[Result] = field(default_factory=list)
    before_each: Callable[[], None] = lambda: None
    asked: list[ShelfRequest] = field(default_factory=list)
    distinct: bool | None = None
    recorded: list[Interaction | Result] = field(default_factory=list)

    def recommend(self, request: ShelfRequest) -> Shelf:
        """The shelf."""
        self.asked.append(request)
        self.before_each()
        return self.shelf

    def recommend_batch(self, requests: Sequence[ShelfRequest], *, distinct: bool) -> list[Shelf]:
        """The shelf, once for each request."""
        self.asked += requests
        self.distinct = distinct
        self.before_each()
        return [self.shelf for _ in requests]

    def record(self, interactions: Sequence[Interaction | Result]) -> list[Result]:
        """The results."""
        self.recorded += interactions
        self.before_each()
        return self.results


def fail() -> None:
    """Stands for a database that does not answer."""
    raise StoreUnavailable from OSError("gone")
