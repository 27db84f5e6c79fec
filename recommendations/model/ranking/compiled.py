"""The loops that rank books for a history, compiled by Numba.

NumPy needs two dozen calls for the same. Each costs more than its little arithmetic, and many release the interpreter
lock, which the threads of a busy server then fight for. These loops keep it, so all threads can share one array.

Numba caches the compiled code beside this file, or in NUMBA_CACHE_DIR, and compiles anew only when this file changes:
so everything that the loops call stands here, and a change of a constant imported from elsewhere needs a change here.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from recommendations.domain.interactions import Preference
from recommendations.domain.recommending import ReasonKind
from recommendations.model.ranking.scoring import REASONS
from recommendations.model.vocabulary import ABSENT

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

ROW, KIND, BECAUSE = range(3)
WIDTH = BECAUSE + REASONS
"""A ranked book is a line of so many numbers: its row, the kind of its reason, and the rows of the books behind it,
ABSENT where there are fewer than REASONS."""

_CONTRIBUTORS = REASONS + 1
"""How many top contributors are kept for a book: enough that those to be named are among them."""
_LEAST = float(np.nextafter(0.0, 1.0))
"""The least score above 0."""
_LIKED = np.uint8(Preference.LIKED)
_BECAUSE_OF_BOOKS, _SAME_AUTHOR, _SAME_SUBJECT = map(
    int, (ReasonKind.BECAUSE_OF_BOOKS, ReasonKind.SAME_AUTHOR, ReasonKind.SAME_SUBJECT)
)


@njit(cache=True)
def rank(
    indptr: Int64s,
    neighbours: Int32s,
    weights: Singles,
    decay: Singles,
    ids: Int32s,
    catalogue_rows: Int32s,
    spans: Int64s,
    codes: Int32s,
    learned: int,
    keep: float,
    history: Int32s,
    preferences: Bytes,
    allowed: Mask,
    excluded: Int32s,
    content_rows: Int32s,
    content_weights: Floats,
    content_books: Int32s,
    pool: int,
    scores: Floats,
    lines: Int32s,
    best: Floats,
) -> int:
    """Do what `Ranker.rank` promises, into `lines` and `best`; returns the number of books. `scores` stays all 0."""
    # Unsigned numbers index without a check for negative ones, which is a sixth of the time of these loops.
    liked, recency = _liked(history, preferences, learned, decay)
    for entry in range(len(liked)):
        for at in range(np.uint64(indptr[liked[entry]]), np.uint64(indptr[liked[entry] + 1])):
            # In single precision, as the weights are; only the sums are not.
            scores[np.uint32(neighbours[at])] += weights[at] * recency[entry]
    for at in range(len(content_rows)):
        scores[content_rows[at]] += content_weights[at]
    scores[history] = 0
    scores[excluded] = 0

    # Each score is cleared once it was read: a candidate that comes up again counts once. One comparison, mostly
    # false, rejects these and the low scores: it is faster than two that the processor cannot predict.
    most = len(best)
    rows, sums = np.empty(pool * most, np.int32), np.empty(pool * most, np.float64)
    found, lowest = 0, _LEAST
    for entry in range(len(liked)):
        for row in neighbours[indptr[liked[entry]] : indptr[liked[entry] + 1]]:
            score = scores[np.uint32(row)]
            scores[np.uint32(row)] = 0
            if score >= lowest and allowed[row]:
                found = _insert(rows, sums, ids, found, row, score)
                lowest = sums[found - 1] if found == len(rows) else lowest
    for row in content_rows:
        score = scores[row]
        scores[row] = 0
        if score >= lowest and allowed[row]:
            found = _insert(rows, sums, ids, found, row, score)
            lowest = sums[found - 1] if found == len(rows) else lowest

    listed = min(found, most)
    chosen = np.arange(listed).astype(np.int32)
    if pool > 1:
        diversify(sums, rows, found, catalogue_rows, spans, codes, keep, history[:0], chosen)

    # For a moment the scores of the listed books are their positions, counted from 1.
    for position in range(listed):
        lines[position, ROW] = rows[chosen[position]]
        best[position] = sums[chosen[position]]
        scores[lines[position, ROW]] = position + 1
    top = np.full((listed, _CONTRIBUTORS), ABSENT, np.int32)
    contributions = np.zeros((listed, _CONTRIBUTORS), np.float64)
    by_content = np.zeros((listed, _CONTRIBUTORS), np.bool_)
    for entry in range(len(liked)):
        for at in range(indptr[liked[entry]], indptr[liked[entry] + 1]):
            if scores[neighbours[at]] > 0:
                position = int(scores[neighbours[at]]) - 1
                weight = weights[at] * recency[entry]
                _keep_top(
                    top[position], contributions[position], by_content[position], liked[entry], weight, content=False
                )
    for at in range(len(content_rows)):
        position = int(scores[content_rows[at]]) - 1
        if position >= 0:
            book, weight = content_books[at], content_weights[at]
            _keep_top(top[position], contributions[position], by_content[position], book, weight, content=True)
    for position in range(listed):
        scores[lines[position, ROW]] = 0
        _give_reason(
            top[position],
            contributions[position],
            by_content[position],
            catalogue_rows,
            spans,
            codes,
            lines[position],
        )
    return listed


@njit(cache=True)
def _liked(history: Int32s, preferences: Bytes, learned: int, decay: Singles) -> tuple[Int32s, Singles]:
    """The liked rows of a history that the model has learned, and their recency weights."""
    rows, recency = np.empty(len(history), np.int32), np.empty(len(history), np.float32)
    later = 0
    for preference in preferences:
        later += preference & _LIKED
    count = 0
    for entry in range(len(history)):
        if preferences[entry] & _LIKED:
            later -= 1
            if history[entry] < learned:
                rows[count] = history[entry]
                recency[count] = decay[min(later, len(decay) - 1)]
                count += 1
    return rows[:count], recency[:count]


@njit(cache=True)
def _insert(best: Int32s, best_scores: Floats, ids: Int32s, found: int, row: int, score: float) -> int:
    """Insert a row among the best found so far, if there is room; returns how many they are."""
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
def _keep_top(
    top: Int32s, contributions: Floats, by_content: Mask, book: int, contribution: float, content: bool
) -> None:
    """Insert a book among the top contributors; equals are ordered by row, content first."""
    for at in range(len(top)):
        if (
            top[at] < 0
            or contribution > contributions[at]
            or (contribution == contributions[at] and (book < top[at] or (book == top[at] and content)))
        ):
            for later in range(len(top) - 1, at, -1):
                top[later], contributions[later] = top[later - 1], contributions[later - 1]
                by_content[later] = by_content[later - 1]
            top[at], contributions[at], by_content[at] = book, contribution, content
            return


@njit(cache=True)
def _give_reason(
    top: Int32s,
    contributions: Floats,
    by_content: Mask,
    catalogue_rows: Int32s,
    spans: Int64s,
    codes: Int32s,
    line: Int32s,
) -> None:
    """Write the reason into the line of a book: its top contributors, or the one with which it shares content."""
    line[BECAUSE:] = ABSENT
    if by_content[0]:
        shared = _share(catalogue_rows[line[ROW]], catalogue_rows[top[0]], spans, codes)
        line[KIND] = _SAME_AUTHOR if shared else _SAME_SUBJECT
        line[BECAUSE] = top[0]
    else:
        line[KIND] = _BECAUSE_OF_BOOKS
        named = 0
        for at in range(_CONTRIBUTORS):
            if contributions[at] > 0 and not by_content[at] and named < REASONS:
                line[BECAUSE + named] = top[at]
                named += 1


@njit(cache=True)
def _share(row: int, other: int, spans: Int64s, codes: Int32s) -> bool:
    """Whether the books at two rows of the catalogue have an author in common."""
    if row != ABSENT and other != ABSENT:
        for at in range(spans[row], spans[row + 1]):
            for another in range(spans[other], spans[other + 1]):
                if codes[at] == codes[another]:
                    return True
    return False


@njit(cache=True)
def diversify(
    scores: Floats,
    rows: Int32s,
    found: int,
    catalogue_rows: Int32s,
    spans: Int64s,
    codes: Int32s,
    keep: float,
    listed: Int32s,
    positions: Int32s,
) -> None:
    """Do what `diversity.diversified` promises of the first `found` rows, into `positions`, at most `found` long."""
    longest = 0
    for row in rows[:found]:
        longest = max(longest, _authors(catalogue_rows[row], spans))
    room = len(positions) * longest
    for row in listed:
        room += _authors(catalogue_rows[row], spans)
    seen, counts = np.empty(room, np.int32), np.empty(room, np.int32)
    known = 0
    for row in listed:
        known = _count(catalogue_rows[row], spans, codes, seen, counts, known)
    taken = np.zeros(found, np.bool_)
    first = 0
    for position in range(len(positions)):
        while taken[first]:
            first += 1
        best, best_score = -1, 0.0
        for candidate in range(first, found):
            # The penalty only lowers a score, and the scores fall.
            if best >= 0 and scores[candidate] <= best_score:
                break
            if not taken[candidate]:
                repeated = _repeated(catalogue_rows[rows[candidate]], spans, codes, seen, counts, known)
                score = scores[candidate] * keep**repeated
                if best < 0 or score > best_score:
                    best, best_score = candidate, score
        taken[best] = True
        positions[position] = best
        known = _count(catalogue_rows[rows[best]], spans, codes, seen, counts, known)


@njit(cache=True)
def _authors(row: int, spans: Int64s) -> int:
    """How many authors the book at a row of the catalogue has."""
    return spans[row + 1] - spans[row] if row != ABSENT else 0


@njit(cache=True)
def _repeated(row: int, spans: Int64s, codes: Int32s, seen: Int32s, counts: Int32s, known: int) -> int:
    """Of the authors of a book the one of whom the list has most books: how many these are."""
    most = 0
    if row != ABSENT:
        for at in range(spans[row], spans[row + 1]):
            for author in range(known):
                if seen[author] == codes[at]:
                    most = max(most, counts[author])
    return most


@njit(cache=True)
def _count(row: int, spans: Int64s, codes: Int32s, seen: Int32s, counts: Int32s, known: int) -> int:
    """Count the authors of one more book of the list; returns how many authors it has by now."""
    if row != ABSENT:
        for at in range(spans[row], spans[row + 1]):
            for author in range(known):
                if seen[author] == codes[at]:
                    counts[author] += 1
                    break
            else:
                seen[known] = codes[at]
                counts[known] = 1
                known += 1
    return known
