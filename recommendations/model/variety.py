"""One author does not fill a list."""

from collections import Counter
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from math import log2

DEFAULT_VARIETY = 0.3
POOL = 3
"""How many times as many books as asked for compete for a place."""

Authors = Sequence[Sequence[int]]
"""The authors of each of some books, by number, none twice."""


def varied(
    scores: Sequence[float], authors: Authors, *, variety: float, most: int, listed: Iterable[int] = ()
) -> list[int]:
    """The places, best first, of those books that come into a list, `most` at most.

    They are chosen greedily by the score times (1 − variety)^n, where n is how many books of the same author the
    list has so far; `listed` are the authors of what is in it already, a book's each time. Ties go to the earlier
    place. Scores must fall; with variety 0 the order stays as it is.
    """
    counts: dict[int, int] = Counter(listed) if listed else {}
    if not variety or _differ(authors[:most], counts):
        return list(range(min(most, len(scores))))
    keep = 1.0 - variety
    # Further books of an author only ever count less, so that the best is a place whose value still holds.
    waiting = [(-score, place, 0) for place, score in enumerate(scores)]
    heapify(waiting)
    places: list[int] = []
    while waiting and len(places) < most:
        _, place, known = heappop(waiting)
        repeated = max([counts.get(author, 0) for author in authors[place]], default=0)
        if repeated > known:
            heappush(waiting, (-scores[place] * keep**repeated, place, repeated))
        else:
            places.append(place)
            for author in authors[place]:
                counts[author] = counts.get(author, 0) + 1
    return places


def by_place(places: int) -> list[float]:
    """Scores for books that have a place only, from 1 falling as a place's worth does in NDCG."""
    return [1 / log2(place + 2) for place in range(places)]


def _differ(authors: Authors, counts: Iterable[int]) -> bool:
    """Whether no two of these books, nor any one and one of those that count, have an author in common."""
    seen = set(counts)
    for theirs in authors:
        if not seen.isdisjoint(theirs):
            return False
        seen.update(theirs)
    return True
