"""Everything that a list depends on except the reader, and the steps that lists have in common."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recommendations.domain.interactions import Preference
from recommendations.domain.recommending import ReasonKind
from recommendations.model.neighbours import Neighbours
from recommendations.model.ranking.catalogue_index import CatalogueIndex, Mask
from recommendations.model.ranking.content import Content
from recommendations.model.ranking.diversity import POOL, diversified, scores_by_position
from recommendations.model.ranking.live_histories import Known, Learned
from recommendations.model.ranking.live_popularity import PopularityOrder
from recommendations.model.ranking.ranker import Ranker
from recommendations.model.ranking.scoring import (
    REASONS,
    Contributor,
    Evidence,
    RankedBook,
    Ranking,
    learned_evidence,
    top_contributors,
)
from recommendations.model.vocabulary import ABSENT, Rows

_LIKED, _NOT_AGAIN = np.uint8(Preference.LIKED), np.uint8(Preference.READ | Preference.DISMISSED)


class History(NamedTuple):
    """A reader's books that were ever in the catalogue: their rows, the latest last, and the preferences."""

    rows: Rows
    preferences: npt.NDArray[np.uint8]

    @property
    def liked(self) -> Rows:
        """The rows of the liked books, the latest last."""
        liked: Rows = self.rows[(self.preferences & _LIKED) != 0]
        return liked

    @property
    def not_again(self) -> list[int]:
        """The rows of the books that are not recommended again."""
        not_again: list[int] = self.rows[(self.preferences & _NOT_AGAIN) != 0].tolist()
        return not_again


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Everything that a list depends on except the reader; never changed."""

    neighbours: Neighbours
    ranker: Ranker
    catalogue: CatalogueIndex
    content: Content
    popularity: PopularityOrder
    diversity: float

    def learned_history(self, learned: Learned) -> History:
        """A history that the model learned."""
        rows, preferences = learned
        if self.catalogue.all_learned_known:
            return History(rows, preferences)
        known = self.catalogue.catalogue_rows[rows] != ABSENT
        return History(rows[known], preferences[known])

    def history(self, known: Known) -> History:
        """A history by rows."""
        rows = self.catalogue.rows(known.books)
        if not len(rows) or rows.min() != ABSENT:
            return History(rows, known.preferences)
        return History(rows[rows != ABSENT], known.preferences[rows != ABSENT])

    def evidence(self, history: Rows) -> Evidence:
        """What the books of a history, the latest last, contribute: what was learned, and what content adds."""
        recency = self.neighbours.recency_weights(len(history))
        learned = history < self.catalogue.learned
        evidence = learned_evidence(self.neighbours, history[learned], recency[learned])
        sources = self.content.sources(history)
        return evidence.followed_by(self.content.evidence(sources)) if len(sources) else evidence

    def ranked(self, history: History, allowed: Mask, excluded: Rows, most: int) -> list[RankedBook]:
        """The best books for a history, `most` at most, those of the history left out."""
        content = None
        if self.content.has_source(history.rows) and len(sources := self.content.sources(history.liked)):
            content = self.content.evidence(sources)
        return self.ranker.rank(*history, allowed=allowed, excluded=excluded, most=most, content=content)

    def diversified_ranking(self, ranking: Ranking, most: int) -> tuple[list[int], list[float]]:
        """The rows of a list and their scores, from a ranking of `pool(most)` rows."""
        rows, scores = ranking.rows.tolist(), ranking.scores.tolist()
        if self._diversity:
            positions = diversified(scores, rows, self.catalogue.authors, diversity=self._diversity, most=most)
            rows, scores = [rows[position] for position in positions], [scores[position] for position in positions]
        return rows, scores

    def diversified_rows(self, rows: Iterable[int], most: int, *, listed: Sequence[int] = ()) -> list[int]:
        """The rows of a list, or of the rest of it after those listed, from an order without scores."""
        order = list(islice(rows, self.pool(most)))
        if not self._diversity:
            return order
        scores, authors = scores_by_position(len(order)), self.catalogue.authors
        positions = diversified(scores, order, authors, diversity=self._diversity, most=most, listed=listed)
        return [order[position] for position in positions]

    def pool(self, most: int) -> int:
        """How many rows compete for so many places."""
        return POOL * most if self._diversity else most

    def reasons(self, evidence: Evidence, rows: list[int]) -> Iterator[tuple[ReasonKind, tuple[int, ...]]]:
        """For each row the reason, which is its top contribution, and the rows of the history behind it."""
        return map(self._reason, rows, top_contributors(evidence, rows, len(self.catalogue.ids)))

    def popular_or_new(self, row: int) -> RankedBook:
        """A book to which no history contributes, with the reason that fits it."""
        return RankedBook(row, 0.0, ReasonKind.POPULAR if self.popularity.weight(row) > 0 else ReasonKind.NEW)

    @property
    def _diversity(self) -> float:
        return self.diversity if self.catalogue.authors.known else 0.0

    def _reason(self, row: int, contributors: list[Contributor]) -> tuple[ReasonKind, tuple[int, ...]]:
        _, top, learned = contributors[0]
        if learned:
            named = [book for weight, book, learned in contributors[: REASONS + 1] if learned and weight < 0]
            return ReasonKind.BECAUSE_OF_BOOKS, tuple(named[:REASONS])
        shared = self.catalogue.share_an_author(row, top)
        return ReasonKind.SAME_AUTHOR if shared else ReasonKind.SAME_SUBJECT, (top,)
