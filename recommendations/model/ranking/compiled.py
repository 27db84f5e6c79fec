"""The loops of serving, compiled by Numba: from a history to a list, and one author does not fill it.

NumPy does the same in two dozen calls, each of which costs more than the little arithmetic in it, and lets go of the
interpreter, for which the pool's threads then fight. The compiled code is kept beside this file, or where
NUMBA_CACHE_DIR says, for as long as this file stays as it is: Numba notices no change of another one. So all that
these loops call stands here, and whoever changes a constant that they take from elsewhere changes this file too.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from recommendations.domain.interactions import Preference
from recommendations.domain.recommending import LINE_BEHIND, LINE_COUNT, LINE_ID, LINE_KIND, LINE_ROW, ReasonKind
from recommendations.model.ranking.scoring import REASONS
from recommendations.model.vocabulary import ABSENT

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_HEARD = REASONS + 1
"""So many speakers for a book are looked at: among them are those to be named."""
_LIKED = np.uint8(Preference.LIKED)
_BECAUSE_OF_BOOKS, _SAME_AUTHOR, _SAME_SUBJECT = map(
    int, (ReasonKind.BECAUSE_OF_BOOKS, ReasonKind.SAME_AUTHOR, ReasonKind.SAME_SUBJECT)
)


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A view that nobody writes to, as mapped files are: Numba compiles apart for arrays that may be written."""
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


@njit(cache=True)
def rank(
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
    """What `ranking.Ranker.rank` promises, into the last two; returns how many lines there are."""
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


@njit(cache=True)
def vary(
    scores: Floats,
    rows: Int32s,
    found: int,
    place: Int32s,
    spans: Int64s,
    codes: Int32s,
    keep: float,
    listed: Int32s,
    places: Int32s,
) -> None:
    """What `variety.varied` promises of the first `found` rows, into `places`, of which there are no more."""
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
def _repeated(at: int, spans: Int64s, codes: Int32s, seen: Int32s, counts: Int32s, known: int) -> int:
    """How many books the list has of the author of whom it has most, of those of one book."""
    most = 0
    if at != ABSENT:
        for entry in range(spans[at], spans[at + 1]):
            for one in range(known):
                if seen[one] == codes[entry]:
                    most = max(most, counts[one])
    return most


@njit(cache=True)
def _count(at: int, spans: Int64s, codes: Int32s, seen: Int32s, counts: Int32s, known: int) -> int:
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


@njit(cache=True)
def any_of(mask: Mask, rows: Int32s) -> bool:
    """Whether the mask is set at any of the rows; nobody writes to either.

    NumPy lets go of the interpreter to look, and all threads of a busy server then fight for it.
    """
    for row in rows:
        if mask[row]:
            return True
    return False
