"""Diversity: a list is not filled by one author."""

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
"""How many times as many books as asked for compete for a place."""


class Authors(NamedTuple):
    """The authors of books: those of row `r` are `codes[spans[c]:spans[c + 1]]`, where c is `catalogue_rows[r]`.

    None comes twice; a row whose row in the catalogue is ABSENT has none.
    """

    catalogue_rows: Rows
    spans: Spans
    codes: Rows

    @classmethod
    def of(cls, index: NameIndex, catalogue_rows: Rows) -> "Authors":
        """Those of an index of the catalogue's authors."""
        return cls(read_only(catalogue_rows), read_only(index.row_spans), read_only(index.row_codes))

    @property
    def known(self) -> bool:
        """Whether any book has one."""
        return len(self.codes) > 0


def diversified(
    scores: Sequence[float],
    rows: Sequence[int],
    authors: Authors,
    *,
    diversity: float,
    most: int,
    listed: Sequence[int] = (),
) -> list[int]:
    """The positions, best first, of those rows that come into a list, `most` at most.

    They are taken greedily by the score times (1 − diversity)^n, where n is how many books of the same author the
    list has so far; `listed` are the rows of what is in it already. Ties go to the earlier position. Scores must fall
    and not be negative; with diversity 0 the order stays as it is.
    """
    positions = np.empty(min(most, len(scores)), dtype=np.int32)
    diversify(
        np.array(scores, dtype=np.float64),
        np.array(rows, dtype=np.int32),
        len(scores),
        *authors,
        1.0 - diversity,
        read_only(np.array(listed, dtype=np.int32)),
        positions,
    )
    taken: list[int] = positions.tolist()
    return taken


def scores_by_position(count: int) -> list[float]:
    """Scores for books that have a position only, falling from 1 as in NDCG."""
    return [1 / log2(position + 2) for position in range(count)]
