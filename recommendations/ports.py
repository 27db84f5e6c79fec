"""What the use cases need of the database and of models; `store` and `model` provide it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from recommendations.domain import Book, Event, Interaction, Shelf, ShelfRequest


class BookStore(Protocol):
    """The copy of the catalogue."""

    def changed_since(self, revision: int) -> tuple[list[Book], int]:
        """The books changed after `revision`, and the revision that this answer reaches."""
        ...


class InteractionStore(Protocol):
    """What readers did, in the order of sequence numbers."""

    def add(self, batch: Sequence[Interaction]) -> set[str]:
        """Store those whose ids are new; returns these ids."""
        ...

    def events_after(self, sequence: int) -> Iterator[list[Event]]:
        """The events after `sequence`, in order and in chunks."""
        ...


class ModelRecord(Protocol):
    """Which models were published."""

    def latest(self, most: int) -> Sequence[str]:
        """The versions recorded last, the newest first."""
        ...


class UnitOfWork(Protocol):
    """One transaction, kept only when committed."""

    @property
    def books(self) -> BookStore:
        """The books."""
        ...

    @property
    def interactions(self) -> InteractionStore:
        """The interactions."""
        ...

    @property
    def models(self) -> ModelRecord:
        """The models."""
        ...

    def commit(self) -> None:
        """Keep what was written."""
        ...


class Store(Protocol):
    """The database; both transactions raise StoreUnavailable."""

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """A transaction that only reads."""
        ...

    def write(self) -> AbstractContextManager[UnitOfWork]:
        """A transaction that may write."""
        ...


class Model(Protocol):
    """A trained model at work; one thread at a time observes and stocks, any number ask it to recommend."""

    @property
    def version(self) -> str:
        """The model's name."""
        ...

    @property
    def sequence(self) -> int:
        """The last event that it was trained on."""
        ...

    def observe(self, events: Sequence[Event]) -> None:
        """Count further events, in order."""
        ...

    def stock(self, books: Mapping[int, Book]) -> None:
        """Recommend from this catalogue from now on."""
        ...

    def recommend(self, request: ShelfRequest) -> Shelf:
        """The books that the reader would enjoy next."""
        ...


class OpenModel(Protocol):
    """Opens a published model by its version, with the catalogue as of now; raises ModelUnusable."""

    def __call__(self, version: str, books: Mapping[int, Book]) -> Model:
        """Open it."""
        ...
