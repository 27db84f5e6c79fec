"""Protocols of what the use cases need; `store` and `model` implement them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol

from recommendations.domain.books import Book
from recommendations.domain.interactions import Event, HistoryPage, Interaction, RetiredReader
from recommendations.domain.recommending import RecommendationList, RecommendRequest, SimilarBooksRequest
from recommendations.domain.tokens import Token


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
        """Store interactions with new ids, unless their reader was forgotten; returns the ids stored.

        An interaction of a merged reader is stored for the reader they were merged into.
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
        """For each retired id among `reader_ids`, the reader it was merged into, or None if it was forgotten."""

    def merge(self, reader_id: int, into: int) -> None:
        """Merge one reader into another, permanently; a reader merged into a forgotten one is forgotten too."""

    def forget(self, reader_id: int) -> None:
        """Delete the history of a reader and of everyone merged into them; tombstones with only the ids stay."""

    def retired_since(self, revision: int) -> tuple[list[RetiredReader], int]:
        """The readers retired or merged into another one after `revision`, and the revision reached."""


class ModelStore(Protocol):
    """The record of published models."""

    def latest(self, most: int) -> Sequence[str]:
        """The versions that may be served, the preferred one first."""


class TokenStore(Protocol):
    """The callers' tokens."""

    def all(self) -> Sequence[Token]:
        """All tokens that are not revoked."""


class UnitOfWork(Protocol):
    """One transaction; what it wrote is kept only after `commit()`."""

    @property
    def books(self) -> BookStore: ...

    @property
    def interactions(self) -> InteractionStore: ...

    @property
    def readers(self) -> ReaderStore: ...

    @property
    def models(self) -> ModelStore: ...

    @property
    def tokens(self) -> TokenStore: ...

    def commit(self) -> None: ...


class Store(Protocol):
    """The database; both transactions raise StoreUnavailable."""

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """A transaction that only reads."""

    def write(self) -> AbstractContextManager[UnitOfWork]:
        """A transaction that may write; one at a time."""


class Model(Protocol):
    """A trained model in memory. One thread at a time may update it; any number may recommend."""

    @property
    def version(self) -> str: ...

    @property
    def trained_at(self) -> datetime: ...

    @property
    def sequence(self) -> int:
        """The number of the last event that it was trained on."""

    @property
    def readers_revision(self) -> int:
        """The revision of the retired readers that it was trained on."""

    def observe(self, events: Sequence[Event]) -> None:
        """Apply further events, in order; undos have no effect here, see `replace`."""

    def replace(self, reader_id: int, events: Sequence[Event]) -> None:
        """Replace a reader's whole history."""

    def refresh_catalogue(self) -> None:
        """Recommend from the current catalogue from now on."""

    def recommend(self, request: RecommendRequest) -> RecommendationList:
        """The books that the reader would enjoy next."""

    def similar(self, request: SimilarBooksRequest) -> RecommendationList:
        """Books like another one. Raises BookNotFound."""


class Models(Protocol):
    """The published models, and the catalogue that they recommend from."""

    def update_catalogue(self, books: Sequence[Book]) -> None:
        """Add, replace or remove books of the catalogue."""

    def open(self, version: str) -> Model:
        """Open a published model over the current catalogue. Raises ModelUnusable."""

    def forget(self, reader_ids: Sequence[int]) -> None:
        """Remove these readers from the files of every model. Raises ForgettingUnfinished."""
