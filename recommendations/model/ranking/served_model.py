"""A model being served: recommends from memory, and takes new events into account at once."""

from array import array
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from recommendations.domain.books import Book
from recommendations.domain.errors import BookNotFound
from recommendations.domain.interactions import NOBODY, Event
from recommendations.domain.recommending import (
    Reason,
    ReasonKind,
    Recommendation,
    RecommendationList,
    RecommendRequest,
    SimilarBooksRequest,
)
from recommendations.model.artifact import Artifact
from recommendations.model.ranking.catalogue import Catalogue
from recommendations.model.ranking.catalogue_index import CatalogueIndex
from recommendations.model.ranking.content import Content, unit_of
from recommendations.model.ranking.diversity import DEFAULT_DIVERSITY
from recommendations.model.ranking.live_histories import History, LiveHistories
from recommendations.model.ranking.live_popularity import LivePopularity
from recommendations.model.ranking.ranker import Ranker
from recommendations.model.ranking.scoring import RankedBook
from recommendations.model.ranking.selections import rank_books
from recommendations.model.ranking.similar import rank_similar
from recommendations.model.ranking.snapshot import Snapshot
from recommendations.model.vocabulary import ABSENT, Rows

LONG_ROWS = 16
"""How many long histories are kept with their rows."""
_NO_ROWS: Rows = np.empty(0, dtype=np.int32)
_NO_HISTORY = History(_NO_ROWS, np.empty(0, dtype=np.uint8))


class ServedModel:
    """A model with the current catalogue and histories.

    Only one thread at a time may call `observe`, `replace` and `refresh_catalogue`. Any number of threads may call
    `recommend` and `similar`; they need no lock, since each call works on one immutable snapshot.
    """

    def __init__(
        self, artifact: Artifact, catalogue: Callable[[], Catalogue], *, diversity: float = DEFAULT_DIVERSITY
    ) -> None:
        self.version = artifact.version
        self.sequence = artifact.histories.sequence
        self.readers_revision = int(artifact.manifest["readers_revision"])
        self._artifact = artifact
        self._catalogue = catalogue
        self._diversity = diversity
        self._unit = unit_of(artifact.neighbours)
        self._histories = LiveHistories(artifact.histories, artifact.books)
        self._popularity = LivePopularity(artifact.popularity, artifact.readers_of_book)
        self._snapshot = self._take_snapshot()

    @classmethod
    def of(cls, artifact: Artifact, books: Iterable[Book], *, diversity: float = DEFAULT_DIVERSITY) -> "ServedModel":
        """A model with a catalogue of these books."""
        catalogue = Catalogue.empty().updated(list(books))
        return cls(artifact, lambda: catalogue, diversity=diversity)

    @property
    def trained_at(self) -> datetime:
        return datetime.fromisoformat(self._artifact.manifest["created_at"])

    def observe(self, events: Sequence[Event]) -> None:
        """Take further events into account, in the order of their sequence numbers."""
        added = self._popularity.add(self._histories.observe(events))
        if added:
            popularity = self._popularity.moved(self._snapshot.popularity, added)
            self._snapshot = replace(self._snapshot, popularity=popularity)

    def replace(self, reader_id: int, events: Sequence[Event]) -> None:
        """Replace a reader's history by these events, in order; popularity changes with the next training."""
        self._histories.replace(reader_id, events)

    def refresh_catalogue(self) -> None:
        """Recommend from the current catalogue."""
        self._snapshot = self._take_snapshot()

    def recommend(self, request: RecommendRequest) -> RecommendationList:
        """The list that a request asks for."""
        snapshot = self._snapshot
        ranked = rank_books(
            snapshot,
            self._history(snapshot, request.reader_id),
            selection=request.selection,
            topic=request.topic,
            excluded=_rows_of(snapshot.catalogue, request.excluded),
            limit=request.limit,
        )
        return self._list(snapshot, ranked, f"{request.reader_id}|{int(request.selection)}|{request.topic!r}")

    def similar(self, request: SimilarBooksRequest) -> RecommendationList:
        """Books like another one. Raises BookNotFound."""
        snapshot = self._snapshot
        row = snapshot.catalogue.row(request.book_id)
        if row == ABSENT:
            raise BookNotFound
        history = self._history(snapshot, request.reader_id)
        excluded = _rows_of(snapshot.catalogue, request.excluded)
        ranked = rank_similar(snapshot, history, row, excluded=excluded, limit=request.limit)
        return self._list(snapshot, ranked, f"{request.reader_id}|like|{request.book_id}")

    def _take_snapshot(self) -> Snapshot:
        learned = self._artifact
        catalogue = CatalogueIndex(learned.books, self._catalogue())
        content = Content(catalogue, learned.readers_of_book, self._unit)
        popularity = self._popularity.order(catalogue)
        # Computed now, so that the first call does not take longer: most calls ask for all categories.
        popularity.rows(None)
        ranker = Ranker(
            *(learned.neighbours, catalogue.ids, catalogue.learned, catalogue.authors, catalogue.editions.following),
            diversity=self._diversity,
        )
        long_rows = lru_cache(LONG_ROWS)(lambda by_id: catalogue.rows(by_id.books))
        return Snapshot(learned.neighbours, ranker, catalogue, content, popularity, self._diversity, long_rows)

    def _history(self, snapshot: Snapshot, reader_id: int) -> History:
        if reader_id == NOBODY:
            return _NO_HISTORY
        since = self._histories.since(reader_id)
        if since is not None:
            return snapshot.history(since)
        learned = self._histories.learned(reader_id)
        return _NO_HISTORY if learned is None else snapshot.learned_history(learned)

    def _list(self, snapshot: Snapshot, ranked: list[RankedBook], request: str) -> RecommendationList:
        """Convert rows to books, and add an id that depends only on the model, the request and the books."""
        book_at = snapshot.catalogue.books.__getitem__
        recommendations = [
            Recommendation(
                book_at(row), score, Reason(kind, () if kind is ReasonKind.POPULAR else tuple(map(book_at, because)))
            )
            for row, score, kind, because in ranked
        ]
        name = blake2b(f"{self.version}|{request}|".encode(), digest_size=12)
        name.update(array("i", [book.id for book, _, _ in recommendations]))
        return RecommendationList(
            recommendations=tuple(recommendations), recommendation_id=name.hexdigest(), model_version=self.version
        )


def _rows_of(catalogue: CatalogueIndex, ids: Set[int]) -> Rows:
    """The rows of the ids that were ever in the catalogue, and of the other editions of their works."""
    if not ids:
        return _NO_ROWS
    rows = catalogue.rows(list(ids))
    return catalogue.editions.with_others(rows[rows != ABSENT])
