"""All that a list depends on, and the steps that every list has in common."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recommendations.domain.interactions import Preference
from recommendations.domain.recommending import ReasonKind
from recommendations.model.neighbours import Neighbours
from recommendations.model.ranking.chosen import Choice, Chosen
from recommendations.model.ranking.content import Content
from recommendations.model.ranking.diversity import POOL, by_place, varied
from recommendations.model.ranking.live_histories import Known, Learned
from recommendations.model.ranking.popular import Popular
from recommendations.model.ranking.ranking import Ranker
from recommendations.model.ranking.scoring import REASONS, Evidence, Ranking, Speaker, evidence_of, strongest_speakers
from recommendations.model.ranking.stock import Mask, Stock
from recommendations.model.vocabulary import ABSENT, Rows

_LIKED, _NOT_AGAIN = np.uint8(Preference.LIKED), np.uint8(Preference.READ | Preference.DISMISSED)


class History(NamedTuple):
    """A reader's books, those that were ever in the catalogue: their rows, the latest last, and the standings."""

    rows: Rows
    standings: npt.NDArray[np.uint8]

    @property
    def liked(self) -> Rows:
        """The rows of those that count as taste, the latest last."""
        liked: Rows = self.rows[(self.standings & _LIKED) != 0]
        return liked

    @property
    def gone(self) -> list[int]:
        """The rows of those that are not to come again."""
        gone: list[int] = self.rows[(self.standings & _NOT_AGAIN) != 0].tolist()
        return gone


@dataclass(frozen=True, eq=False)
class State:
    """All that a list depends on but the reader, never changed."""

    neighbours: Neighbours
    ranker: Ranker
    stock: Stock
    content: Content
    popular: Popular
    variety: float

    def learned_history(self, learned: Learned) -> History:
        """A history that the model learned, by rows."""
        rows, standings = learned
        if self.stock.has_learned:
            return History(rows, standings)
        there = self.stock.place[rows] != ABSENT
        return History(rows[there], standings[there])

    def history(self, known: Known) -> History:
        """A reader's history by rows."""
        rows = self.stock.rows(known.books)
        if not len(rows) or rows.min() != ABSENT:
            return History(rows, known.standings)
        return History(rows[rows != ABSENT], known.standings[rows != ABSENT])

    def evidence(self, history: Rows) -> Evidence:
        """What the books of a history, the latest last, say of others: what was learned, and what books borrow."""
        faded = self.neighbours.recency_weights(len(history))
        if len(history) and history.max() >= self.stock.learned:
            learned = history < self.stock.learned
            told = evidence_of(self.neighbours, history[learned], faded[learned])
        else:
            told = evidence_of(self.neighbours, history, faded)
        speakers = self.content.speakers(history)
        return told.followed_by(self.content.evidence(speakers)) if len(speakers) else told

    def ranked(self, history: History, on_shelf: Mask, excluded: Rows, most: int) -> Chosen:
        """The list of what a history speaks for on a shelf, `most` rows at most, those of the history left out."""
        borrowed = None
        if self.content.anyone_speaks(history.rows) and len(speakers := self.content.speakers(history.liked)):
            borrowed = self.content.evidence(speakers)
        return self.ranker.rank(*history, on_shelf=on_shelf, excluded=excluded, most=most, borrowed=borrowed)

    def varied_ranking(self, ranking: Ranking, most: int) -> tuple[list[int], list[float]]:
        """The rows of a list and their scores, from a ranking of `pool(most)` rows."""
        rows, scores = ranking.rows.tolist(), ranking.scores.tolist()
        if self._variety:
            places = varied(scores, rows, self.stock.authors, variety=self._variety, most=most)
            rows, scores = [rows[place] for place in places], [scores[place] for place in places]
        return rows, scores

    def varied_order(self, rows: Iterable[int], most: int, *, listed: Sequence[int] = ()) -> list[int]:
        """The rows of a list, or of the rest of it after those listed, from an order without scores."""
        order = list(islice(rows, self.pool(most)))
        if not self._variety:
            return order
        worth = by_place(len(order))
        places = varied(worth, order, self.stock.authors, variety=self._variety, most=most, listed=listed)
        return [order[place] for place in places]

    def pool(self, most: int) -> int:
        """How many rows compete for so many places."""
        return POOL * most if self._variety else most

    def reasons(self, evidence: Evidence, rows: list[int]) -> Iterator[tuple[ReasonKind, tuple[int, ...]]]:
        """For each row the reason, which is what said most for it, and the rows of the history behind it."""
        return map(self._reason, rows, strongest_speakers(evidence, rows, len(self.stock.ids)))

    def chosen(self, choices: Iterable[Choice]) -> Chosen:
        """A list of these."""
        return Chosen.of(choices, self.stock.ids)

    def chosen_by_all(self, row: int) -> Choice:
        """A row that no history speaks for, with the reason that holds of it."""
        return Choice(row, 0.0, ReasonKind.POPULAR if self.popular.weight(row) > 0 else ReasonKind.NEW)

    @property
    def _variety(self) -> float:
        return self.variety if self.stock.authors.known else 0.0

    def _reason(self, row: int, speakers: list[Speaker]) -> tuple[ReasonKind, tuple[int, ...]]:
        _, strongest, learned = speakers[0]
        if learned:
            named = [speaker for weight, speaker, learned in speakers[: REASONS + 1] if learned and weight < 0]
            return ReasonKind.BECAUSE_OF_BOOKS, tuple(named[:REASONS])
        shared = self.stock.share_an_author(row, strongest)
        return ReasonKind.SAME_AUTHOR if shared else ReasonKind.SAME_SUBJECT, (strongest,)
