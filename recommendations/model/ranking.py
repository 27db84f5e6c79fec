"""The loop of every personal list, compiled by Numba: from a history to the books that it speaks for most.

NumPy does the same in two dozen calls, each of which costs more than the little arithmetic in it, and lets go of the
interpreter, for which the pool's threads then fight. The compiled code is kept beside this file, or where
NUMBA_CACHE_DIR says.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from numba import njit

from recommendations.domain import Standing
from recommendations.model.neighbours import Neighbours
from recommendations.model.scoring import REASONS, Evidence

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_HEARD = REASONS + 1
"""So many speakers for a book are looked at: among them are those to be named."""
_LIKED = np.uint8(Standing.LIKED)
_SPREAD = 2_654_435_761
"""An odd number near 2³² divided by the golden ratio: what is multiplied by it is spread evenly (Knuth)."""
_NOTHING = Evidence(np.empty(0, dtype=np.int32), np.empty(0), np.empty(0, dtype=np.int32), 0)


class Ranked(NamedTuple):
    """The rows of a ranking, best first, their scores, and who is to be named for each.

    Where the model itself spoke most strongly for a row, the first `named` of its `speakers` are the rows of the
    history that the model names, the strongest first; where `named` is 0, what is known of the books did, and the
    first of the speakers is the one that it was known of.
    """

    rows: list[int]
    scores: list[float]
    speakers: list[list[int]]
    named: list[int]


class Ranker:
    """Ranks what histories speak for, in one numbering of the books, of which the first `learned` have neighbours."""

    def __init__(self, neighbours: Neighbours, ids: Int32s, learned: int) -> None:
        arrays = (neighbours.indptr, neighbours.rows, neighbours.weights, neighbours.fading, ids)
        told = (*(_read_only(array) for array in arrays), learned)
        self._rank: Callable[..., int] = partial(cast("Callable[..., int]", _rank), *told)
        # Compiled here rather than by the first call that needs it.
        nothing = np.empty(0, dtype=np.int32)
        self.rank(nothing, nothing.astype(np.uint8), on_shelf=ids > 0, excluded=nothing, most=1)

    def rank(
        self,
        rows: Int32s,
        standings: Bytes,
        *,
        on_shelf: Mask,
        excluded: Int32s,
        most: int,
        borrowed: Evidence | None = None,
    ) -> Ranked:
        """The rows on a shelf with the highest scores above 0, `most` at most; ties go to the lowest id.

        `rows` and `standings` are a reader's history, the latest book last: those liked speak, and none comes into
        the ranking, nor does what is excluded. `borrowed` is what is said beside what was learned.
        """
        lent = _NOTHING if borrowed is None else borrowed
        best, scores = np.empty(most, dtype=np.int32), np.empty(most)
        speakers, named = np.empty((most, REASONS), dtype=np.int32), np.empty(most, dtype=np.int32)
        told = (rows, standings, on_shelf, excluded, lent.rows, lent.weights, lent.speakers)
        found = self._rank(*(_read_only(array) for array in told), best, scores, speakers, named)
        return Ranked(
            best[:found].tolist(), scores[:found].tolist(), speakers[:found].tolist(), named[:found].tolist()
        )


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A view that nobody writes to, as mapped files are: Numba compiles apart for arrays that may be written."""
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


@njit(cache=True)
def _rank(
    indptr: Int64s,
    neighbours: Int32s,
    weights: npt.NDArray[np.float32],
    fading: npt.NDArray[np.float32],
    ids: Int32s,
    learned: int,
    history: Int32s,
    standings: Bytes,
    on_shelf: Mask,
    excluded: Int32s,
    borrowing: Int32s,
    borrowed: Floats,
    lenders: Int32s,
    best: Int32s,
    best_scores: Floats,
    speakers: npt.NDArray[np.int32],
    named: Int32s,
) -> int:
    """What `Ranker.rank` promises, into the last four; returns how many rows there are."""
    liked = learned_lines = 0
    for entry in range(len(history)):
        if standings[entry] & _LIKED:
            liked += 1
            if history[entry] < learned:
                learned_lines += indptr[history[entry] + 1] - indptr[history[entry]]
    lines = learned_lines + len(borrowing)
    rows = np.empty(lines, np.int32)
    said = np.empty(lines, np.float64)
    by = np.empty(lines, np.int32)
    line = 0
    for entry in range(len(history)):
        if standings[entry] & _LIKED:
            liked -= 1
            speaker = history[entry]
            if speaker < learned:
                faded = fading[min(liked, len(fading) - 1)]
                for place in range(indptr[speaker], indptr[speaker + 1]):
                    rows[line] = neighbours[place]
                    # In single precision, as the weights are; only what they add up to is not.
                    said[line] = weights[place] * faded
                    by[line] = speaker
                    line += 1
    rows[line:] = borrowing
    said[line:] = borrowed
    by[line:] = lenders

    # A table of the rows that are named, as in open addressing: all of it is near, where an array with an entry for
    # every book would be fetched from afar for most of them.
    size = 16
    while size < 2 * lines:
        size *= 2
    table = np.full(size, -1, np.int32)
    scores = np.zeros(size, np.float64)
    slots = np.empty(lines, np.int32)
    met = np.empty(lines, np.int32)
    several = 0
    for line in range(lines):
        slot = _slot(table, rows[line])
        slots[line] = slot
        if table[slot] < 0:
            table[slot] = rows[line]
            met[several] = slot
            several += 1
        scores[slot] += said[line]
    for entry in range(len(history)):
        scores[_slot(table, history[entry])] = 0
    for entry in range(len(excluded)):
        scores[_slot(table, excluded[entry])] = 0
    found = 0
    for place in range(several):
        slot = met[place]
        score = scores[slot]
        if score > 0 and (found < len(best) or score >= best_scores[found - 1]) and on_shelf[table[slot]]:
            found = _insert(best, best_scores, ids, found, table[slot], score)

    places = np.full(size, -1, np.int32)
    for place in range(found):
        places[_slot(table, best[place])] = place
    _name(slots, said, by, learned_lines, places, found, speakers, named)
    return found


@njit(cache=True)
def _slot(table: Int32s, row: int) -> int:
    """Where a row is in a table, or belongs that is not there."""
    slot = (row * _SPREAD) & (len(table) - 1)
    while table[slot] >= 0 and table[slot] != row:
        slot = (slot + 1) & (len(table) - 1)
    return slot


@njit(cache=True)
def _insert(best: Int32s, best_scores: Floats, ids: Int32s, found: int, row: int, score: float) -> int:
    """Put a row where it belongs among the best found so far, if there is room; returns how many they are."""
    at = found
    if found == len(best):
        at -= 1
        if best_scores[at] > score or (best_scores[at] == score and ids[best[at]] < ids[row]):
            return found
    while at > 0 and (best_scores[at - 1] < score or (best_scores[at - 1] == score and ids[best[at - 1]] > ids[row])):
        best[at] = best[at - 1]
        best_scores[at] = best_scores[at - 1]
        at -= 1
    best[at] = row
    best_scores[at] = score
    return min(found + 1, len(best))


@njit(cache=True)
def _name(
    slots: Int32s,
    said: Floats,
    by: Int32s,
    learned_lines: int,
    places: Int32s,
    found: int,
    speakers: npt.NDArray[np.int32],
    named: Int32s,
) -> None:
    """For each of the rows found those of the history that are to be named; `places` are the rows' by slots."""
    heard = np.full((found, _HEARD), -1, np.int32)
    loudness = np.zeros((found, _HEARD), np.float64)
    lent = np.zeros((found, _HEARD), np.bool_)
    for line in range(len(slots)):
        place = places[slots[line]]
        if place >= 0:
            _hear(heard[place], loudness[place], lent[place], by[line], said[line], line >= learned_lines)
    for place in range(found):
        speakers[place, 0] = heard[place, 0]
        named[place] = 0
        if not lent[place, 0]:
            for turn in range(_HEARD):
                if loudness[place, turn] > 0 and not lent[place, turn] and named[place] < speakers.shape[1]:
                    speakers[place, named[place]] = heard[place, turn]
                    named[place] += 1


@njit(cache=True)
def _hear(heard: Int32s, loudness: Floats, lent: Mask, speaker: int, weight: float, lends: bool) -> None:
    """Put a speaker where it belongs among the loudest; equals go by row, and what was lent comes first."""
    for at in range(len(heard)):
        if (
            heard[at] < 0
            or weight > loudness[at]
            or (weight == loudness[at] and (speaker < heard[at] or (speaker == heard[at] and lends)))
        ):
            for later in range(len(heard) - 1, at, -1):
                heard[later], loudness[later], lent[later] = heard[later - 1], loudness[later - 1], lent[later - 1]
            heard[at], loudness[at], lent[at] = speaker, weight, lends
            return
