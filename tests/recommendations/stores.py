"""A store on SQLite with short methods to fill it, and hooks to make its steps fail or wait."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from recommendations.domain.books import Book
from recommendations.domain.interactions import Event, Interaction, InteractionKind
from recommendations.domain.tokens import Scope, new_token
from recommendations.ports import BookStore, InteractionStore, ReaderStore, TokenStore
from recommendations.store import Store, UnitOfWork
from recommendations.store.schema import metadata
from servicekit.clock import now
from servicekit.database.engine import open_engine

TODAY = date(2026, 1, 2)


def book(id_: int, title: str = "", *, removed: bool = False) -> Book:
    """A book as it is after `HookedStore.put`."""
    return Book(id=id_, title=title, added_on=TODAY, removed=removed)


class HookedStore:
    """The real store. `versions` are the published models; hooks run before or between its steps."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.versions: list[str] = []
        self.chunk = 1000
        self.writes = 0
        self.before_read: Callable[[], None] = lambda: None
        self.before_write: Callable[[], None] = lambda: None
        self.between_chunks: Callable[[], None] = lambda: None

    @contextmanager
    def read(self) -> Iterator["HookedWork"]:
        self.before_read()
        with self._store.read() as work:
            yield HookedWork(self, work)

    @contextmanager
    def write(self) -> Iterator["HookedWork"]:
        self.before_write()
        with self._store.write() as work:
            self.writes += 1
            yield HookedWork(self, work)

    @property
    def ids(self) -> list[str]:
        """The ids of the interactions, reader by reader in order."""
        with self._store.read() as work:
            readers = {event.reader_id for chunk in work.interactions.events_after(0) for event in chunk}
            pages = [work.interactions.page(reader, before=None, limit=1000).interactions for reader in readers]
        return [interaction.id for page in pages for interaction in reversed(page)]

    @property
    def events(self) -> list[Event]:
        with self._store.read() as work:
            return [event for chunk in work.interactions.events_after(0) for event in chunk]

    @property
    def retired(self) -> dict[int, int | None]:
        with self._store.read() as work:
            return dict(work.readers.retired_since(0)[0])

    @property
    def readers_revision(self) -> int:
        with self._store.read() as work:
            return work.readers.revision()

    def put(self, *books: Book) -> None:
        with self._store.write() as work:
            work.books.upsert(books, TODAY)
            work.books.remove([changed.id for changed in books if changed.removed])
            work.commit()

    def append(self, reader_id: int, book_id: int) -> Event:
        with self._store.write() as work:
            number = work.interactions.last_sequence() + 1
            work.interactions.add(
                [Interaction(id=f"event-{number}", reader_id=reader_id, book_id=book_id, kind=InteractionKind.VIEW)]
            )
            work.commit()
        return Event(number, reader_id, book_id, InteractionKind.VIEW, 0.0)

    def undo(self, reader_id: int, undoes: str) -> None:
        undo = Interaction(
            id=f"undo-{undoes}", reader_id=reader_id, book_id=0, kind=InteractionKind.UNDO, undoes=undoes
        )
        with self._store.write() as work:
            work.interactions.add([undo])
            work.commit()

    def retire(self, reader_id: int, into: int | None) -> None:
        with self._store.write() as work:
            if into is None:
                work.readers.forget(reader_id)
            else:
                work.readers.merge(reader_id, into)
            work.commit()

    def add_token(self, name: str, *scopes: Scope) -> str:
        """Returns the token as its caller has it."""
        text, token = new_token(name, frozenset(scopes), now())
        with self._store.write() as work:
            assert work.tokens.add(token)
            work.commit()
        return text

    def revoke_token(self, name: str) -> None:
        with self._store.write() as work:
            assert work.tokens.revoke(name)
            work.commit()


class HookedWork:
    """One transaction, with events in chunks of `store.chunk` and `store.versions` as models."""

    def __init__(self, store: HookedStore, work: UnitOfWork) -> None:
        self._store = store
        self.books: BookStore = work.books
        self.readers: ReaderStore = work.readers
        self.interactions: InteractionStore = HookedInteractions(store, work.interactions)
        self.models = self
        self.tokens: TokenStore = work.tokens
        self.commit = work.commit

    def latest(self, most: int) -> Sequence[str]:
        return self._store.versions[::-1][:most]


@dataclass
class HookedInteractions:
    """The interactions, with events in chunks of `store.chunk`."""

    store: HookedStore
    real: InteractionStore

    def __post_init__(self) -> None:
        self.add, self.events_of, self.page = self.real.add, self.real.events_of, self.real.page

    def events_after(self, sequence: int) -> Iterator[list[Event]]:
        later = [event for chunk in self.real.events_after(sequence) for event in chunk]
        for start in range(0, len(later), self.store.chunk):
            if start:
                self.store.between_chunks()
            yield later[start : start + self.store.chunk]


@contextmanager
def hooked_store(folder: Path) -> Iterator[HookedStore]:
    engine = open_engine(f"sqlite:///{folder / 'recommendations.db'}")
    metadata.create_all(engine)
    with closing(Store(engine)) as store:
        yield HookedStore(store)
