"""One author does not fill a list."""

from collections.abc import Sequence
from math import log2
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from recommendations.model.compiled import read_only
from recommendations.model.name_index import NameIndex, Spans
from recommendations.model.vocabulary import ABSENT, Rows

DEFAULT_VARIETY = 0.3
POOL = 3
"""How many times as many books as asked for compete for a place."""

Places = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


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


@njit(cache=True)
def vary(
    scores: Floats,
    rows: Rows,
    found: int,
    place: Rows,
    spans: Spans,
    codes: Rows,
    keep: float,
    listed: Rows,
    places: Places,
) -> None:
    """What `varied` promises of the first `found` rows, into `places`, of which there are no more; compiled."""
    longest = 0
    for row in rows[:found]:
        longest = max(longest, spans[place[row] + 1] - spans[place[row]] if place[row] != ABSENT else 0)
    room = len(places) * longest
    for row in listed:
        room += spans[place[row] + 1] - spans[place[row]] if place[row] != ABSENT else 0
    seen, counts = np.empty(room, np.int32), np.empty(room, np.int32)
    known = 0
    for row in listed:
        known = _count(place[row], spans, codes, seen, counts, known)
    taken = np.zeros(found, np.bool_)
    first = 0
    for turn in range(len(places)):
        while taken[first]:
            first += 1
        best, worth = -1, 0.0
        for candidate in range(first, found):
            # What is cut only ever counts less than its score, and scores fall.
            if best >= 0 and scores[candidate] <= worth:
                break
            if not taken[candidate]:
                repeated = _repeated(place[rows[candidate]], spans, codes, seen, counts, known)
                value = scores[candidate] * keep**repeated
                if best < 0 or value > worth:
                    best, worth = candidate, value
        taken[best] = True
        places[turn] = best
        known = _count(place[rows[best]], spans, codes, seen, counts, known)


@njit(cache=True)
def _repeated(at: int, spans: Spans, codes: Rows, seen: Rows, counts: Rows, known: int) -> int:
    """How many books the list has of the author of whom it has most, of those of one book."""
    most = 0
    if at != ABSENT:
        for entry in range(spans[at], spans[at + 1]):
            for one in range(known):
                if seen[one] == codes[entry]:
                    most = max(most, counts[one])
    return most


@njit(cache=True)
def _count(at: int, spans: Spans, codes: Rows, seen: Rows, counts: Rows, known: int) -> int:
    """Count the authors of one more book of the list; returns how many it has by now."""
    if at != ABSENT:
        for entry in range(spans[at], spans[at + 1]):
            for one in range(known):
                if seen[one] == codes[entry]:
                    counts[one] += 1
                    break
            else:
                seen[known] = codes[entry]
                counts[known] = 1
                known += 1
    return known
