"""The loop of every personal list, compiled by Numba: from a history to the books that it speaks for most.

NumPy does the same in two dozen calls, each of which costs more than the little arithmetic in it, and lets go of the
interpreter, for which the pool's threads then fight. The compiled code is kept beside this file, or where
NUMBA_CACHE_DIR says.
"""

from collections.abc import Callable
from functools import partial
from typing import cast

import numpy as np
import numpy.typing as npt
from numba import njit

from recommendations.domain import LINE_BEHIND, LINE_COUNT, LINE_ID, LINE_KIND, LINE_ROW, ReasonKind, Standing
from recommendations.model.chosen import WIDTH, Chosen
from recommendations.model.compiled import read_only
from recommendations.model.neighbours import Neighbours
from recommendations.model.scoring import REASONS, Evidence
from recommendations.model.variety import POOL, Authors, varied, vary
from recommendations.model.vocabulary import ABSENT

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_HEARD = REASONS + 1
"""So many speakers for a book are looked at: among them are those to be named."""
_LIKED = np.uint8(Standing.LIKED)
_BECAUSE_OF_BOOKS, _SAME_AUTHOR, _SAME_SUBJECT = map(
    int, (ReasonKind.BECAUSE_OF_BOOKS, ReasonKind.SAME_AUTHOR, ReasonKind.SAME_SUBJECT)
)


_NOTHING = tuple(read_only(np.empty(0, dtype=kind)) for kind in (np.int32, np.float64, np.int32))
"""What is borrowed, where nothing is."""


def compile_ahead() -> None:
    """Compile, where that was not done before, what every list needs: it takes seconds that a server has not."""
    nothing, no_lines = read_only(np.empty(0, dtype=np.int32)), read_only(np.zeros(1, dtype=np.int64))
    authors = Authors(nothing, no_lines, nothing)
    Ranker(Neighbours(no_lines, nothing, np.empty(0, dtype=np.float32)), nothing, 0, authors)
    varied([], [], authors, variety=0.0, most=0)


class Ranker:
    """Ranks what histories speak for, in one numbering of the books, of which the first `learned` have neighbours.

    One author does not fill a list: see `variety`.
    """

    def __init__(
        self, neighbours: Neighbours, ids: Int32s, learned: int, authors: Authors, *, variety: float = 0.0
    ) -> None:
        arrays = (neighbours.indptr, neighbours.rows, neighbours.weights, neighbours.fading, ids, *authors)
        told = (*(read_only(array) for array in arrays), learned, 1.0 - variety)
        self._pool = POOL if variety and authors.known else 1
        # One for all threads: the loop holds the interpreter from its first line to its last, and leaves all 0.
        self._scores = np.zeros(len(ids))
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
    ) -> Chosen:
        """The rows on a shelf with the highest scores above 0, `most` at most; ties go to the lowest id.

        `rows` and `standings` are a reader's history, the latest book last: those liked speak, and none comes into
        the ranking, nor does what is excluded. `borrowed` is what is said beside what was learned.
        """
        lent = _NOTHING if borrowed is None else (borrowed.rows, borrowed.weights, borrowed.speakers)
        lines, best = np.empty(most * WIDTH, dtype=np.int32), np.empty(most)
        told = [read_only(array) for array in (rows, standings, on_shelf, excluded, *lent)]
        found = self._rank(*told, self._pool, self._scores, lines.reshape(most, WIDTH), best)
        return Chosen(lines[: found * WIDTH], best[:found])


@njit(cache=True)
def _rank(
    indptr: Int64s,
    neighbours: Int32s,
    weights: Singles,
    fading: Singles,
    ids: Int32s,
    place: Int32s,
    spans: Int64s,
    codes: Int32s,
    learned: int,
    keep: float,
    history: Int32s,
    standings: Bytes,
    on_shelf: Mask,
    excluded: Int32s,
    borrowing: Int32s,
    borrowed: Floats,
    lenders: Int32s,
    pool: int,
    scores: Floats,
    lines: npt.NDArray[np.int32],
    best: Floats,
) -> int:
    """What `Ranker.rank` promises, into the last two; returns how many lines there are."""
    speaking, faded = _speaking(history, standings, learned, fading)
    for entry in range(len(speaking)):
        for line in range(indptr[speaking[entry]], indptr[speaking[entry] + 1]):
            # In single precision, as the weights are; only what they add up to is not.
            scores[neighbours[line]] += weights[line] * faded[entry]
    for line in range(len(borrowing)):
        scores[borrowing[line]] += borrowed[line]
    scores[history] = 0
    scores[excluded] = 0

    # What is looked at is cleared: a row that is named again counts once, and all is 0 in the end.
    rows, sums = np.empty(pool * len(best), np.int32), np.empty(pool * len(best), np.float64)
    found = 0
    for entry in range(len(speaking)):
        for row in neighbours[indptr[speaking[entry]] : indptr[speaking[entry] + 1]]:
            score = scores[row]
            scores[row] = 0
            if score > 0 and (found < len(rows) or score >= sums[found - 1]) and on_shelf[row]:
                found = _insert(rows, sums, ids, found, row, score)
    for row in borrowing:
        score = scores[row]
        scores[row] = 0
        if score > 0 and (found < len(rows) or score >= sums[found - 1]) and on_shelf[row]:
            found = _insert(rows, sums, ids, found, row, score)

    listed = min(found, len(best))
    places = np.arange(listed).astype(np.int32)
    if pool > 1:
        vary(sums, rows, found, place, spans, codes, keep, history[:0], places)
    for turn in range(listed):
        lines[turn, LINE_ID], lines[turn, LINE_ROW] = ids[rows[places[turn]]], rows[places[turn]]
        best[turn] = sums[places[turn]]

    # For a moment the scores are places, from 1.
    for turn in range(listed):
        scores[lines[turn, LINE_ROW]] = turn + 1
    heard = np.full((listed, _HEARD), -1, np.int32)
    loudness = np.zeros((listed, _HEARD), np.float64)
    lent = np.zeros((listed, _HEARD), np.bool_)
    for entry in range(len(speaking)):
        for line in range(indptr[speaking[entry]], indptr[speaking[entry] + 1]):
            at = int(scores[neighbours[line]]) - 1
            if at >= 0:
                said = weights[line] * faded[entry]
                _hear(heard[at], loudness[at], lent[at], speaking[entry], said, lends=False)
    for line in range(len(borrowing)):
        at = int(scores[borrowing[line]]) - 1
        if at >= 0:
            _hear(heard[at], loudness[at], lent[at], lenders[line], borrowed[line], lends=True)
    for turn in range(listed):
        scores[lines[turn, LINE_ROW]] = 0
        _give_reason(heard[turn], loudness[turn], lent[turn], place, spans, codes, lines[turn])
    return listed


@njit(cache=True)
def _speaking(history: Int32s, standings: Bytes, learned: int, fading: Singles) -> tuple[Int32s, Singles]:
    """The rows of the history that the model lets speak, and how much each counts."""
    rows, faded = np.empty(len(history), np.int32), np.empty(len(history), np.float32)
    later = 0
    for standing in standings:
        later += standing & _LIKED
    speaking = 0
    for entry in range(len(history)):
        if standings[entry] & _LIKED:
            later -= 1
            if history[entry] < learned:
                rows[speaking] = history[entry]
                faded[speaking] = fading[min(later, len(fading) - 1)]
                speaking += 1
    return rows[:speaking], faded[:speaking]


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
def _give_reason(
    heard: Int32s, loudness: Floats, lent: Mask, place: Int32s, spans: Int64s, codes: Int32s, line: Int32s
) -> None:
    """The reason for the row of a line: who spoke most strongly for it, by what was learned or by what is known."""
    line[LINE_COUNT] = 0
    if lent[0]:
        shared = _share(place[line[LINE_ROW]], place[heard[0]], spans, codes)
        line[LINE_KIND] = _SAME_AUTHOR if shared else _SAME_SUBJECT
        line[LINE_COUNT] = 1
        line[LINE_BEHIND] = heard[0]
    else:
        line[LINE_KIND] = _BECAUSE_OF_BOOKS
        for one in range(_HEARD):
            if loudness[one] > 0 and not lent[one] and line[LINE_COUNT] < REASONS:
                line[LINE_BEHIND + line[LINE_COUNT]] = heard[one]
                line[LINE_COUNT] += 1
    line[LINE_BEHIND + line[LINE_COUNT] :] = ABSENT


@njit(cache=True)
def _share(at: int, other: int, spans: Int64s, codes: Int32s) -> bool:
    """Whether the books at two places have an author in common."""
    if at != ABSENT and other != ABSENT:
        for entry in range(spans[at], spans[at + 1]):
            for another in range(spans[other], spans[other + 1]):
                if codes[entry] == codes[another]:
                    return True
    return False


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
