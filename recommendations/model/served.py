"""A trained model at work: recommends from memory, and counts what readers do from the moment it hears of it."""

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

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
from recommendations.model.catalogue import Catalogue, ShelfRows
from recommendations.model.live_histories import NOTHING, Known, LiveHistories
from recommendations.model.scoring import rank
from recommendations.model.vocabulary import ABSENT, Rows

NOT_AGAIN = Standing.TAKEN | Standing.WAVED_AWAY

_NO_ROWS: Rows = np.empty(0, dtype=np.int32)
_POPULAR, _NEW = Reason(ReasonKind.POPULAR), Reason(ReasonKind.NEW)


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
        shelf = catalogue.shelf(request.category)
        known = self._histories.of(request.reader_id) if request.reader_id != NOBODY else NOTHING
        excluded = catalogue.rows(list(request.excluded)) if request.excluded else _NO_ROWS
        familiar = catalogue.rows(known.books)
        rows, chosen = self._personal(catalogue, known, shelf, np.concatenate([familiar, excluded]), request.limit)
        if len(chosen) < request.limit:
            never = {*excluded.tolist(), *catalogue.rows(known.that_are(NOT_AGAIN)).tolist(), *rows}
            fill = shelf.most_popular(request.limit - len(chosen), without=never.union(familiar.tolist()))
            if len(chosen) + len(fill) < request.limit:
                fill += shelf.most_popular(request.limit - len(chosen) - len(fill), without=never.union(fill))
            chosen += _filled_up(catalogue, fill)
        return Shelf(
            recommendations=tuple(chosen),
            recommendation_id=self._name(request, chosen),
            model_version=self.version,
        )

    def _personal(
        self, catalogue: Catalogue, known: Known, shelf: ShelfRows, without: Rows, most: int
    ) -> tuple[list[int], list[Recommendation]]:
        history = self._artifact.books.rows(known.that_are(Standing.LIKED))
        history = np.sort(history[history != ABSENT])
        # A book counts once the catalogue has it: before, it could not be named as a reason.
        history = history[catalogue.on_sale[history]]
        if not len(history) or not most:
            return [], []
        ranking = rank(
            self._artifact.neighbours, history, on_shelf=shelf.has, without=without, ids=catalogue.ids, most=most
        )
        rows = ranking.rows.tolist()
        chosen = [
            Recommendation(
                catalogue.book(row), score, Reason(ReasonKind.BECAUSE_OF_BOOKS, tuple(map(catalogue.book, because)))
            )
            for row, score, because in zip(rows, ranking.scores.tolist(), ranking.because, strict=True)
        ]
        return rows, chosen

    def _name(self, request: ShelfRequest, chosen: Sequence[Recommendation]) -> str:
        """A name for the list, the same for the same model, reader and list."""
        books = ",".join(str(one.book.id) for one in chosen)
        told = f"{self.version}|{request.reader_id}|{request.category}|{books}"
        return hashlib.blake2b(told.encode(), digest_size=12).hexdigest()


def _filled_up(catalogue: Catalogue, rows: Sequence[int]) -> list[Recommendation]:
    return [
        Recommendation(catalogue.book(row), 0.0, _POPULAR if catalogue.has_readers[row] else _NEW) for row in rows
    ]
