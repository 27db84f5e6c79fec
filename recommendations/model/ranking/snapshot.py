"""Everything that a list depends on except the reader, and the steps that all kinds of lists share."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from recommendations.domain.recommending import ReasonKind, Topic
from recommendations.model.neighbours import Neighbours
from recommendations.model.ranking.catalogue_index import CatalogueIndex
from recommendations.model.ranking.content import Content
from recommendations.model.ranking.diversity import POOL, diversified, scores_by_position
from recommendations.model.ranking.live_histories import LONG, History, HistoryById
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


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Everything that a list depends on except the reader; immutable.

    `long_rows` finds the rows of a long history, for which searching takes most of a call, and keeps some of them.
    The histories that the methods take contain only books that were ever in the catalogue.
    """

    neighbours: Neighbours
    ranker: Ranker
    catalogue: CatalogueIndex
    content: Content
    popularity: PopularityOrder
    diversity: float
    long_rows: Callable[[HistoryById], Rows]

    def learned_history(self, learned: History) -> History:
        """A learned history without the books that were never in the catalogue."""
        if self.catalogue.all_learned_known:
            return learned
        known = self.catalogue.catalogue_rows[learned.rows] != ABSENT
        return History(learned.rows[known], learned.preferences[known])

    def history(self, by_id: HistoryById) -> History:
        """Convert a history from ids to rows, without the books that were never in the catalogue."""
        rows = self.long_rows(by_id) if len(by_id.books) > LONG else self.catalogue.rows(by_id.books)
        if not len(rows) or rows.min() != ABSENT:
            return History(rows, by_id.preferences)
        return History(rows[rows != ABSENT], by_id.preferences[rows != ABSENT])

    def evidence(self, history: Rows) -> Evidence:
        """What the books of a history, the latest last, contribute to others: learned weights and content scores."""
        recency = self.neighbours.recency_weights(len(history))
        learned = history < self.catalogue.learned
        evidence = learned_evidence(self.neighbours, history[learned], recency[learned])
        sources = self.content.sources(history)
        return evidence.followed_by(self.content.evidence(sources)) if len(sources) else evidence

    def ranked(self, history: History, topic: Topic | None, excluded: Rows, limit: int) -> list[RankedBook]:
        """At most `limit` books of a topic with the highest scores for a history, without its own books."""
        content = None
        if self.content.has_source(history.rows) and len(sources := self.content.sources(history.liked)):
            content = self.content.evidence(sources)
        return self.ranker.rank(
            *history.with_latest_likes(),
            allowed=self.catalogue.topic(topic).has,
            excluded=excluded,
            popular=self.popularity.popular(topic),
            limit=limit,
            content=content,
        )

    def diversified_ranking(self, ranking: Ranking, limit: int) -> tuple[list[int], list[float]]:
        """The rows of a list and their scores, from a ranking of `pool(limit)` rows."""
        rows, scores = ranking.rows.tolist(), ranking.scores.tolist()
        if self._diversity:
            authors, diversity = self.catalogue.authors, self._diversity
            positions, scores = diversified(scores, rows, authors, diversity=diversity, limit=limit)
            rows = [rows[position] for position in positions]
        return rows, scores

    def diversified_rows(self, rows: Iterable[int], limit: int, *, listed: Sequence[int] = ()) -> list[int]:
        """The rows of a list, or of the rest of it after those `listed`, from rows in order without scores."""
        order = list(islice(rows, self.pool(limit)))
        if not self._diversity:
            return order
        scores, authors = scores_by_position(len(order)), self.catalogue.authors
        positions, _ = diversified(scores, order, authors, diversity=self._diversity, limit=limit, listed=listed)
        return [order[position] for position in positions]

    def pool(self, limit: int) -> int:
        """How many rows compete for `limit` places."""
        return POOL * limit if self._diversity else limit

    def reasons(self, evidence: Evidence, rows: list[int]) -> Iterator[tuple[ReasonKind, tuple[int, ...]]]:
        """For each row, the kind of its reason and the rows of the books that are the reason."""
        return map(self._reason, rows, top_contributors(evidence, rows, len(self.catalogue.ids)))

    def popular_or_new(self, row: int) -> RankedBook:
        """A book without a score, recommended because it is popular, or as new if nobody ever liked it."""
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
