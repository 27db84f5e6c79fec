"""One author does not fill a list."""

from collections.abc import Sequence
from math import log2
from typing import NamedTuple

import numpy as np

from recommendations.model.ranking.compiled import read_only, vary
from recommendations.model.ranking.name_index import NameIndex, Spans
from recommendations.model.vocabulary import Rows

DEFAULT_VARIETY = 0.3
POOL = 3
"""How many times as many books as asked for compete for a place."""


class Authors(NamedTuple):
    """The authors of books by row: those of row `r` are `codes[spans[place[r]]:spans[place[r] + 1]]`, none twice.

    A row whose place is ABSENT has none.
    """

    place: Rows
    spans: Spans
    codes: Rows

    @classmethod
    def of(cls, index: NameIndex, place: Rows) -> "Authors":
        """Those of an index in which row `r` has the row `place[r]`."""
        return cls(read_only(place), read_only(index.row_spans), read_only(index.row_codes))

    @property
    def known(self) -> bool:
        """Whether any book has one."""
        return len(self.codes) > 0


def varied(
    scores: Sequence[float],
    rows: Sequence[int],
    authors: Authors,
    *,
    variety: float,
    most: int,
    listed: Sequence[int] = (),
) -> list[int]:
    """The places, best first, of those rows that come into a list, `most` at most.

    They are chosen greedily by the score times (1 − variety)^n, where n is how many books of the same author the
    list has so far; `listed` are the rows of what is in it already. Ties go to the earlier place. Scores must fall
    and not be negative; with variety 0 the order stays as it is.
    """
    places = np.empty(min(most, len(scores)), dtype=np.int32)
    vary(
        np.array(scores, dtype=np.float64),
        np.array(rows, dtype=np.int32),
        len(scores),
        *(authors.place, authors.spans, authors.codes),
        1.0 - variety,
        read_only(np.array(listed, dtype=np.int32)),
        places,
    )
    chosen: list[int] = places.tolist()
    return chosen


def by_place(places: int) -> list[float]:
    """Scores for books that have a place only, from 1 falling as a place's worth does in NDCG."""
    return [1 / log2(place + 2) for place in range(places)]
