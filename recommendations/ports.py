"""What the use cases need of the database and of models; `store` and `model` provide it."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol

from recommendations.domain.books import Book
from recommendations.domain.interactions import Event, HistoryPage, Interaction, RetiredReader
from recommendations.domain.recommending import RecommendationList, RecommendRequest, SimilarBooksRequest


class BookStore(Protocol):
    """The copy of the catalogue; removed books stay in it, marked."""

    def upsert(self, changed: Sequence[Book], today: date) -> set[int]:
        """Add or replace books; returns the ids of those that differ from what was there before."""

    def remove(self, book_ids: Sequence[int]) -> set[int]:
        """Mark books as removed; returns the ids of those that were not before."""

    def changed_since(self, revision: int) -> tuple[list[Book], int]:
        """The books changed after `revision`, and the revision that this answer reaches."""


class InteractionStore(Protocol):
    """Interactions in the order of sequence numbers; every answer leaves out undone ones."""

    def add(self, batch: Sequence[Interaction]) -> set[str]:
        """Store those with new ids, of merged readers under the reader they were merged into; returns these ids.

        Nothing of a forgotten reader is stored.
        """

    def events_after(self, sequence: int) -> Iterator[list[Event]]:
        """The events after `sequence`, in order and in chunks, undos among them."""

    def events_of(self, reader_id: int) -> list[Event]:
        """The events of one reader, in order."""

    def page(self, reader_id: int, *, before: int | None, limit: int) -> HistoryPage:
        """A page of one reader's interactions, the latest first, below the sequence number `before`."""


class ReaderStore(Protocol):
    """The retired reader ids."""

    def retired(self, reader_ids: Iterable[int]) -> dict[int, int | None]:
        """The retired ones among the ids, with the reader that each was merged into, None where it was forgotten."""

    def merge(self, reader_id: int, into: int) -> None:
        """Make one reader's history another's, for ever; merged into a forgotten one, it is forgotten."""

    def forget(self, reader_id: int) -> None:
        """Delete a reader's history, and retire everyone merged into them; a tombstone with only the id stays."""

    def retired_since(self, revision: int) -> tuple[list[RetiredReader], int]:
        """Who was retired, or merged into another reader than before, after `revision`, and the new revision."""


class ModelRecord(Protocol):
    """Which models were published."""

    def latest(self, most: int) -> Sequence[str]:
        """The versions to serve, the best choice first."""


class UnitOfWork(Protocol):
    """One transaction, kept only when committed."""

    @property
    def books(self) -> BookStore:
        """The books."""

    @property
    def interactions(self) -> InteractionStore:
        """The interactions."""

    @property
    def readers(self) -> ReaderStore:
        """The readers."""

    @property
    def models(self) -> ModelRecord:
        """The models."""

    def commit(self) -> None:
        """Keep what was written."""


class Store(Protocol):
    """The database; both transactions raise StoreUnavailable."""

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """A transaction that only reads."""

    def write(self) -> AbstractContextManager[UnitOfWork]:
        """A transaction that may write; one at a time."""


class Model(Protocol):
    """A trained model at work; one thread at a time updates it, any number call it to recommend."""

    @property
    def version(self) -> str:
        """The model's name."""

    @property
    def sequence(self) -> int:
        """The last event that it was trained on."""

    @property
    def readers_revision(self) -> int:
        """The revision of the retired readers that it was trained on."""

    def observe(self, events: Sequence[Event]) -> None:
        """Count further events, in order; undos among them have no effect here, see `replace`."""

    def replace(self, reader_id: int, events: Sequence[Event]) -> None:
        """Replace all that a reader ever did."""

    def refresh_catalogue(self) -> None:
        """Recommend from the catalogue as it is by now."""

    def recommend(self, request: RecommendRequest) -> RecommendationList:
        """The books that the reader would enjoy next."""

    def similar(self, request: SimilarBooksRequest) -> RecommendationList:
        """Books like another one. Raises BookNotFound."""


class Models(Protocol):
    """The published models, and the catalogue that they recommend from."""

    def update_catalogue(self, books: Sequence[Book]) -> None:
        """Add, replace or remove books of the catalogue."""

    def open(self, version: str) -> Model:
        """Open a published model with the catalogue as it is by now. Raises ModelUnusable."""

    def forget(self, reader_ids: Sequence[int]) -> None:
        """Rewrite the files of every model that has these readers without them. Raises ForgettingUnfinished."""
