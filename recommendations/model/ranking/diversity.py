"""Diversity: keeps one author from filling a list."""

from collections.abc import Sequence
from math import log2
from typing import NamedTuple

import numpy as np

from recommendations.model.ranking.compiled import diversify
from recommendations.model.ranking.name_index import NameIndex, Spans
from recommendations.model.ranking.scoring import read_only
from recommendations.model.vocabulary import Rows

DEFAULT_DIVERSITY = 0.3
POOL = 3
"""How many candidates compete for each place of a list."""


class Authors(NamedTuple):
    """The authors of each row: `codes[spans[c]:spans[c + 1]]`, without repetitions, where c = `catalogue_rows[r]`.

    A row whose row in the catalogue is ABSENT has no authors.
    """

    catalogue_rows: Rows
    spans: Spans
    codes: Rows

    @classmethod
    def of(cls, index: NameIndex, catalogue_rows: Rows) -> "Authors":
        """Take the authors from the catalogue's index."""
        return cls(read_only(catalogue_rows), read_only(index.row_spans), read_only(index.row_codes))

    @property
    def known(self) -> bool:
        """Whether any book has an author."""
        return len(self.codes) > 0


def diversified(
    scores: Sequence[float],
    rows: Sequence[int],
    authors: Authors,
    *,
    diversity: float,
    limit: int,
    listed: Sequence[int] = (),
) -> tuple[list[int], list[float]]:
    """Select at most `limit` of these rows; returns their positions, best first, and the scores that decided.

    They are selected greedily by score · (1 − diversity)^n, where n is the number of books of the same author that
    the list has so far, including those `listed` before: these scores fall along the list. Ties go to the earlier
    position. Scores must be descending and not negative; with diversity 0 the order does not change.
    """
    positions = np.empty(min(limit, len(scores)), dtype=np.int32)
    lowered = np.empty(len(positions))
    diversify(
        np.array(scores, dtype=np.float64),
        np.array(rows, dtype=np.int32),
        len(scores),
        *authors,
        1.0 - diversity,
        read_only(np.array(listed, dtype=np.int32)),
        positions,
        lowered,
    )
    return positions.tolist(), lowered.tolist()


def scores_by_position(count: int) -> list[float]:
    """Scores for books that only have a position, descending from 1 as in NDCG."""
    return [1 / log2(position + 2) for position in range(count)]
