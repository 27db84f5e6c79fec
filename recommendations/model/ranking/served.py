"""A trained model at work: recommends from memory, and counts what readers do from the moment it hears of it."""

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import replace
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from recommendations.domain.books import Book
from recommendations.domain.errors import BookNotFound
from recommendations.domain.interactions import NOBODY, Event
from recommendations.domain.recommending import (
    LINE_ID,
    LINE_KIND,
    Listing,
    ReasonKind,
    RecommendationList,
    RecommendRequest,
    SimilarBooksRequest,
)
from recommendations.model.artifact import Artifact
from recommendations.model.popularity import LivePopularity
from recommendations.model.ranking.catalogue import Catalogue
from recommendations.model.ranking.chosen import WIDTH, Chosen
from recommendations.model.ranking.content import Content, unit_of
from recommendations.model.ranking.diversity import DEFAULT_VARIETY
from recommendations.model.ranking.lists import choose
from recommendations.model.ranking.live_histories import Known, LiveHistories
from recommendations.model.ranking.popular import Popular
from recommendations.model.ranking.ranking import Ranker
from recommendations.model.ranking.similar import choose_similar
from recommendations.model.ranking.state import History, State
from recommendations.model.ranking.stock import Stock
from recommendations.model.vocabulary import ABSENT, Rows

_NO_ROWS: Rows = np.empty(0, dtype=np.int32)
_NO_HISTORY = History(_NO_ROWS, np.empty(0, dtype=np.uint8))
_PERSONAL = frozenset({ReasonKind.BECAUSE_OF_BOOKS, ReasonKind.SAME_AUTHOR, ReasonKind.SAME_SUBJECT})


class _Basis(NamedTuple):
    """What a shelf follows from: the reader, what they did since the training, and a part of the state."""

    reader_id: int
    since: Known | None
    part: Stock | Popular


class ServedModel:
    """One model with the catalogue and the histories as of now.

    `observe`, `replace` and `restock` are called by one thread at a time; `recommend` and `similar` by any number,
    and they take no lock: each works on the one state that it finds.
    """

    def __init__(
        self, artifact: Artifact, catalogue: Callable[[], Catalogue], *, variety: float = DEFAULT_VARIETY
    ) -> None:
        self.version = artifact.version
        self.sequence = artifact.histories.sequence
        self.readers_revision = int(artifact.manifest["readers_revision"])
        self._artifact = artifact
        self._catalogue = catalogue
        self._variety = variety
        self._unit = unit_of(artifact.neighbours)
        self._histories = LiveHistories(artifact.histories, artifact.books)
        self._popularity = LivePopularity(artifact.popularity, artifact.readers_of_book)
        self._state = self._stocked()

    @classmethod
    def of(cls, artifact: Artifact, books: Iterable[Book], *, variety: float = DEFAULT_VARIETY) -> "ServedModel":
        """A model with a catalogue of these books."""
        catalogue = Catalogue.empty().changed(list(books))
        return cls(artifact, lambda: catalogue, variety=variety)

    def observe(self, events: Sequence[Event]) -> None:
        """Count what readers did, in the order of sequence numbers."""
        added = self._popularity.add(self._histories.observe(events))
        if added:
            self._state = replace(self._state, popular=self._popularity.moved(self._state.popular, added))

    def replace(self, reader_id: int, events: Sequence[Event]) -> None:
        """Take these events, in order, for all that a reader ever did; popularity waits for the next training."""
        self._histories.replace(reader_id, events)

    def restock(self) -> None:
        """Recommend from the catalogue as it is by now."""
        self._state = self._stocked()

    def recommend(self, request: RecommendRequest) -> RecommendationList:
        """The shelf that a request asks for."""
        state, since = self._state, self._since(request.reader_id)
        chosen = choose(
            state,
            self._history(state, request.reader_id, since),
            selection=request.selection,
            category=request.category,
            excluded=_rows_there(state.stock, request.excluded),
            most=request.limit,
        )
        # What is all personal stays the same when something becomes more popular.
        personal = len(chosen.scores) == request.limit and chosen.lines[LINE_KIND - WIDTH] in _PERSONAL
        part = state.stock if personal else state.popular
        asked = f"{request.reader_id}|{int(request.selection)}|{request.category}"
        return self._shelf(state, chosen, asked, _Basis(request.reader_id, since, part))

    def holds(self, reader_id: int, basis: object) -> bool:
        """Whether `recommend` would say again what followed from this basis, were the same asked for the reader."""
        if not isinstance(basis, _Basis):
            return False
        state = self._state
        return (
            (basis.part is state.stock or basis.part is state.popular)
            and basis.reader_id == reader_id
            and basis.since is self._since(reader_id)
        )

    def similar(self, request: SimilarBooksRequest) -> RecommendationList:
        """Books like another one. Raises BookNotFound."""
        state = self._state
        row = state.stock.row(request.book_id)
        if row == ABSENT:
            raise BookNotFound
        history = self._history(state, request.reader_id, self._since(request.reader_id))
        excluded = _rows_there(state.stock, request.excluded)
        chosen = choose_similar(state, history, row, excluded=excluded, most=request.limit)
        return self._shelf(state, state.chosen(chosen), f"{request.reader_id}|like|{request.book_id}", None)

    def _stocked(self) -> State:
        stock = Stock(self._artifact.books, self._catalogue())
        content = Content(stock, self._artifact.readers_of_book, self._unit)
        popular = self._popularity.order(stock)
        # Made here rather than by the first call that needs it; the shelf of all is what most calls ask for.
        popular.rows(None)
        ranker = Ranker(self._artifact.neighbours, stock.ids, stock.learned, stock.authors, variety=self._variety)
        return State(self._artifact.neighbours, ranker, stock, content, popular, self._variety)

    def _since(self, reader_id: int) -> Known | None:
        return self._histories.since(reader_id) if reader_id != NOBODY else None

    def _history(self, state: State, reader_id: int, since: Known | None) -> History:
        if since is not None:
            return state.history(since)
        learned = self._histories.learned(reader_id) if reader_id != NOBODY else None
        return _NO_HISTORY if learned is None else state.learned_history(learned)

    def _shelf(self, state: State, chosen: Chosen, asked: str, basis: object) -> RecommendationList:
        """The list by books, with a name that is the same for the same model, question and list."""
        name = blake2b(f"{self.version}|{asked}|".encode(), digest_size=12)
        name.update(chosen.lines[LINE_ID::WIDTH].tobytes())
        return RecommendationList(
            listing=Listing(state.stock.books, chosen.lines.data.toreadonly(), chosen.scores.data.toreadonly()),
            recommendation_id=name.hexdigest(),
            model_version=self.version,
            basis=basis,
        )


def _rows_there(stock: Stock, ids: Set[int]) -> Rows:
    """The rows of those ids that were ever in the catalogue."""
    if not ids:
        return _NO_ROWS
    rows = stock.rows(list(ids))
    there: Rows = rows[rows != ABSENT]
    return there
