"""A trained model at work: recommends from memory, and counts what readers do from the moment it hears of it."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from recommendations.domain import (
    NOBODY,
    Book,
    Event,
    Reason,
    ReasonKind,
    Recommendation,
    Shelf,
    ShelfRequest,
    Standing,
)
from recommendations.model.artifact import Artifact
from recommendations.model.catalogue import Catalogue
from recommendations.model.live_histories import LiveHistories
from recommendations.model.scoring import rank
from recommendations.model.vocabulary import Rows

NOT_AGAIN = Standing.TAKEN | Standing.WAVED_AWAY


class ServedModel:
    """One model with the catalogue and the histories as of now.

    `observe` and `stock` are called by one thread at a time; `recommend` by any number, and it takes no lock.
    """

    def __init__(self, artifact: Artifact, books: Mapping[int, Book]) -> None:
        self.version = artifact.version
        self.sequence = artifact.histories.sequence
        self._artifact = artifact
        self._histories = LiveHistories(artifact.histories, artifact.books)
        self.stock(books)

    def observe(self, events: Sequence[Event]) -> None:
        """Count what readers did, in the order of sequence numbers."""
        self._histories.observe(events)

    def stock(self, books: Mapping[int, Book]) -> None:
        """Recommend from this catalogue from now on."""
        self._catalogue = Catalogue(self._artifact.books, books, self._artifact.readers_of_book)

    def recommend(self, request: ShelfRequest) -> Shelf:
        """The books that the reader would enjoy next; popularity fills the list up.

        What the reader merely looked at comes after everything that they do not know yet.
        """
        catalogue = self._catalogue
        standings = self._histories.of(request.reader_id) if request.reader_id != NOBODY else {}
        allowed = catalogue.shelf(request.category)
        allowed[catalogue.rows(request.excluded)] = False
        allowed[catalogue.rows(id_ for id_, standing in standings.items() if standing & NOT_AGAIN)] = False
        unseen = allowed.copy()
        unseen[catalogue.rows(standings)] = False
        chosen = self._personal(catalogue, standings, unseen, request.limit)
        for eligible in (unseen, allowed):
            if len(chosen) < request.limit:
                eligible[catalogue.rows(one.book.id for one in chosen)] = False
                chosen += _filled_up(catalogue, eligible, request.limit - len(chosen))
        return Shelf(
            recommendations=tuple(chosen),
            recommendation_id=self._name(request, chosen),
            model_version=self.version,
        )

    def _personal(
        self, catalogue: Catalogue, standings: Mapping[int, Standing], eligible: npt.NDArray[np.bool_], most: int
    ) -> list[Recommendation]:
        liked = self._artifact.books.rows([id_ for id_, standing in standings.items() if standing & Standing.LIKED])
        history = np.sort(liked[liked >= 0])
        # A book counts once the catalogue has it: before, it could not be named as a reason.
        history = history[catalogue.on_sale[history]]
        if not len(history) or not most:
            return []
        ranking = rank(self._artifact.neighbours, history, eligible, catalogue.ids, most)
        chosen = []
        for row, score, because in zip(ranking.rows, ranking.scores.tolist(), ranking.because, strict=True):
            reason = Reason(ReasonKind.BECAUSE_OF_BOOKS, _books(catalogue, because))
            chosen += [Recommendation(book, score, reason) for book in _books(catalogue, [row])]
        return chosen

    def _name(self, request: ShelfRequest, chosen: Sequence[Recommendation]) -> str:
        """A name for the list, the same for the same model, reader and list."""
        books = ",".join(str(one.book.id) for one in chosen)
        told = f"{self.version}|{request.reader_id}|{request.category}|{books}"
        return hashlib.blake2b(told.encode(), digest_size=12).hexdigest()


def _filled_up(catalogue: Catalogue, eligible: npt.NDArray[np.bool_], most: int) -> list[Recommendation]:
    rows = catalogue.most_popular(eligible, most)
    reasons = {True: Reason(ReasonKind.POPULAR), False: Reason(ReasonKind.NEW)}
    return [
        Recommendation(book, 0.0, reasons[bool(catalogue.has_readers[row])])
        for row in rows
        for book in _books(catalogue, [row])
    ]


def _books(catalogue: Catalogue, rows: Rows | Sequence[int]) -> tuple[Book, ...]:
    return tuple(book for row in rows if (book := catalogue.book(row)) is not None)
