"""The loops that rank books for a history, compiled by Numba.

NumPy would need two dozen calls, whose overhead exceeds the arithmetic; many of them release the interpreter lock,
for which the threads of a busy server then compete. These loops keep the lock, so all threads can share one array.

Numba caches the compiled code beside this file, or in NUMBA_CACHE_DIR, and recompiles only when this file changes. So
all functions that the loops call are in this file, and it must be changed too when an imported constant changes.
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
"""The numbers in the record of a ranked book: its row, the kind of its reason, and the rows of the books that are the
reason, padded with ABSENT to REASONS."""

_CONTRIBUTORS = REASONS + 1
"""How many top contributors are kept for a book: at most one of them may not be named."""
_LEAST = float(np.nextafter(0.0, 1.0))
"""The least score above 0."""
_ROUNDED = 1 - 2.0**-50
"""Sums of scores and popularity are rounded, so equal ones may differ by less than this factor."""
_LIKED = np.uint8(Preference.LIKED)
_BECAUSE_OF_BOOKS, _SAME_AUTHOR, _SAME_SUBJECT, _POPULAR = map(
    int, (ReasonKind.BECAUSE_OF_BOOKS, ReasonKind.SAME_AUTHOR, ReasonKind.SAME_SUBJECT, ReasonKind.POPULAR)
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
    following: Int32s,
    learned: int,
    keep: float,
    prior_weight: float,
    prior_growth: float,
    history: Int32s,
    preferences: Bytes,
    allowed: Mask,
    excluded: Int32s,
    popular: Int32s,
    popular_lately: Int32s,
    popularity: Floats,
    content_rows: Int32s,
    content_weights: Floats,
    content_books: Int32s,
    pool: int,
    scores: Floats,
    records: Int32s,
    best: Floats,
) -> int:
    """Do what `Ranker.rank` describes, into `records` and `best`; returns their number. `scores` stays all 0."""
    # Indexing with unsigned numbers needs no check for negative ones, which would take a sixth of the time.
    liked, recency = _liked(history, preferences, learned, decay)
    for entry in range(len(liked)):
        for i in range(np.uint64(indptr[liked[entry]]), np.uint64(indptr[liked[entry] + 1])):
            # The product is in single precision, like the weights; the sum is in double precision.
            scores[np.uint32(neighbours[i])] += weights[i] * recency[entry]
    for i in range(len(content_rows)):
        scores[content_rows[i]] += content_weights[i]
    _set(scores, history, following, excluded, -np.inf)

    # Popular books first: once the list is full, no later one gets in by its popularity alone.
    limit = len(best)
    rows, sums = np.empty(pool * limit, np.int32), np.empty(pool * limit, np.float64)
    prior = _prior(preferences, prior_weight, prior_growth)
    count, lately, often, rest = 0, 0, 0, 0.0
    if prior > 0:
        ranked = rows, sums, ids, following
        count, lately, rest = _rank_popular(popular_lately, popularity, prior, allowed, scores, ranked, count, rest)
        count, often, rest = _rank_popular(popular, popularity, prior, allowed, scores, ranked, count, rest)

    # Each score is cleared once read, so that a repeated candidate counts once. One comparison, which is mostly
    # false, rejects both repeated candidates and low scores; two comparisons would be harder to predict. Popularity
    # adds at most `rest`, since the more popular books were ranked before.
    lowest, least = _lowest(sums, count, rest)
    for entry in range(len(liked)):
        for row in neighbours[indptr[liked[entry]] : indptr[liked[entry] + 1]]:
            score = scores[np.uint32(row)]
            scores[np.uint32(row)] = 0
            if score >= least and allowed[row]:
                score += prior * popularity[row]
                if score >= lowest:
                    count = _insert(rows, sums, ids, following, count, row, score)
                    lowest, least = _lowest(sums, count, rest)
    for row in content_rows:
        score = scores[row]
        scores[row] = 0
        if score >= least and allowed[row]:
            score += prior * popularity[row]
            if score >= lowest:
                count = _insert(rows, sums, ids, following, count, row, score)
                lowest, least = _lowest(sums, count, rest)
    scores[popular_lately[:lately]] = 0
    scores[popular[:often]] = 0
    _set(scores, history, following, excluded, 0.0)

    listed = min(count, limit)
    positions = np.arange(listed).astype(np.int32)
    best[:listed] = sums[:listed]
    if pool > 1:
        diversify(sums, rows, count, catalogue_rows, spans, codes, keep, history[:0], positions, best)

    for position in range(listed):
        records[position, ROW] = rows[positions[position]]
    evidence = (liked, recency, indptr, neighbours, weights), (content_rows, content_weights, content_books)
    _give_reasons(evidence, scores, catalogue_rows, spans, codes, records[:listed])
    for position in range(listed):
        by_popularity = prior * popularity[records[position, ROW]]
        if by_popularity > sums[positions[position]] - by_popularity:
            records[position, KIND] = _POPULAR
    return listed


@njit(cache=True)
def _set(scores: Floats, history: Int32s, following: Int32s, excluded: Int32s, value: float) -> None:
    """Set the scores of the books of a history, of their other editions, and of the excluded books."""
    for row in history:
        scores[row] = value
        edition = following[row]
        while edition != row:
            scores[edition] = value
            edition = following[edition]
    scores[excluded] = value


@njit(cache=True)
def _prior(preferences: Bytes, weight: float, growth: float) -> float:
    """How much popularity counts for a reader, as in Prior; 0 for one who likes nothing, who gets no ranking."""
    likes = 0
    for preference in preferences:
        likes += preference & _LIKED
    return weight * likes**growth if likes else 0.0


@njit(cache=True)
def _lowest(sums: Floats, count: int, rest: float) -> tuple[float, float]:
    """The least score that gets into the list, and one below which popularity, at most `rest`, cannot make that."""
    lowest = sums[count - 1] if count == len(sums) else _LEAST
    return lowest, max(lowest * _ROUNDED - rest, _LEAST)


@njit(cache=True)
def _rank_popular(
    popular: Int32s,
    popularity: Floats,
    prior: float,
    allowed: Mask,
    scores: Floats,
    ranked: tuple[Int32s, Floats, Int32s, Int32s],
    count: int,
    rest: float,
) -> tuple[int, int, float]:
    """Insert popular books, the most popular first, until none gets in by its popularity alone.

    Returns the new number of ranked books, how many were tried, whose scores are now -inf, and the greatest of `rest`
    and of what popularity adds to the others.
    """
    rows, sums, ids, following = ranked
    for tried in range(len(popular)):
        row = popular[tried]
        by_popularity = prior * popularity[row]
        if by_popularity <= 0 or (count == len(rows) and by_popularity < sums[count - 1]):
            return count, tried, max(rest, by_popularity)
        if scores[row] >= 0 and allowed[row]:
            count = _insert(rows, sums, ids, following, count, row, scores[row] + by_popularity)
        scores[row] = -np.inf
    return count, len(popular), rest


@njit(cache=True)
def _liked(history: Int32s, preferences: Bytes, learned: int, decay: Singles) -> tuple[Int32s, Singles]:
    """The rows of the liked books that the model has learned, and their recency weights."""
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
def _insert(
    best: Int32s, best_scores: Floats, ids: Int32s, following: Int32s, count: int, row: int, score: float
) -> int:
    """Insert a row among the best so far if it belongs there, instead of other editions; returns their new number."""
    edition = following[row]
    while edition != row:
        for i in range(count):
            if best[i] == edition:
                if _is_before(best_scores[i], ids[edition], score, ids[row]):
                    return count
                count -= 1
                for later in range(i, count):
                    best[later], best_scores[later] = best[later + 1], best_scores[later + 1]
                break
        edition = following[edition]
    i = count
    if count == len(best):
        i -= 1
        if _is_before(best_scores[i], ids[best[i]], score, ids[row]):
            return count
    while i > 0 and not _is_before(best_scores[i - 1], ids[best[i - 1]], score, ids[row]):
        best[i] = best[i - 1]
        best_scores[i] = best_scores[i - 1]
        i -= 1
    best[i] = row
    best_scores[i] = score
    return min(count + 1, len(best))


@njit(cache=True)
def _is_before(score: float, id_: int, other_score: float, other_id: int) -> bool:
    """Whether a book comes before another one in a list."""
    return score > other_score or (score == other_score and id_ < other_id)


@njit(cache=True)
def _keep_top(
    top: Int32s, contributions: Floats, by_content: Mask, book: int, contribution: float, content: bool
) -> None:
    """Insert a book among the top contributors; ties are ordered by row, then content first."""
    for i in range(len(top)):
        if (
            top[i] < 0
            or contribution > contributions[i]
            or (contribution == contributions[i] and (book < top[i] or (book == top[i] and content)))
        ):
            for later in range(len(top) - 1, i, -1):
                top[later], contributions[later] = top[later - 1], contributions[later - 1]
                by_content[later] = by_content[later - 1]
            top[i], contributions[i], by_content[i] = book, contribution, content
            return


@njit(cache=True)
def _give_reasons(
    evidence: tuple[
        tuple[Int32s, Singles, Int64s, Int32s, Singles],
        tuple[Int32s, Floats, Int32s],
    ],
    scores: Floats,
    catalogue_rows: Int32s,
    spans: Int64s,
    codes: Int32s,
    records: Int32s,
) -> None:
    """Write the reasons into the records of the listed books; `scores` are all 0, and stay so.

    The evidence is the liked books, their recency weights and neighbours, and the content scores.
    """
    (liked, recency, indptr, neighbours, weights), (content_rows, content_weights, content_books) = evidence
    # Temporarily, the scores of the listed books hold their positions, counted from 1.
    listed = len(records)
    for position in range(listed):
        scores[records[position, ROW]] = position + 1
    top = np.full((listed, _CONTRIBUTORS), ABSENT, np.int32)
    contributions = np.zeros((listed, _CONTRIBUTORS), np.float64)
    by_content = np.zeros((listed, _CONTRIBUTORS), np.bool_)
    for entry in range(len(liked)):
        for i in range(indptr[liked[entry]], indptr[liked[entry] + 1]):
            if scores[neighbours[i]] > 0:
                position = int(scores[neighbours[i]]) - 1
                weight = weights[i] * recency[entry]
                _keep_top(
                    top[position], contributions[position], by_content[position], liked[entry], weight, content=False
                )
    for i in range(len(content_rows)):
        position = int(scores[content_rows[i]]) - 1
        if position >= 0:
            book, weight = content_books[i], content_weights[i]
            _keep_top(top[position], contributions[position], by_content[position], book, weight, content=True)
    for position in range(listed):
        scores[records[position, ROW]] = 0
        _give_reason(
            top[position],
            contributions[position],
            by_content[position],
            catalogue_rows,
            spans,
            codes,
            records[position],
        )


@njit(cache=True)
def _give_reason(
    top: Int32s,
    contributions: Floats,
    by_content: Mask,
    catalogue_rows: Int32s,
    spans: Int64s,
    codes: Int32s,
    record: Int32s,
) -> None:
    """Write the reason into a book's record: its top contributors, or the one book with which it shares content."""
    record[BECAUSE:] = ABSENT
    if by_content[0]:
        shared = _share(catalogue_rows[record[ROW]], catalogue_rows[top[0]], spans, codes)
        record[KIND] = _SAME_AUTHOR if shared else _SAME_SUBJECT
        record[BECAUSE] = top[0]
    else:
        record[KIND] = _BECAUSE_OF_BOOKS
        named = 0
        for i in range(_CONTRIBUTORS):
            if contributions[i] > 0 and not by_content[i] and named < REASONS:
                record[BECAUSE + named] = top[i]
                named += 1


@njit(cache=True)
def _share(row: int, other: int, spans: Int64s, codes: Int32s) -> bool:
    """Whether the books at two rows of the catalogue have an author in common."""
    if row != ABSENT and other != ABSENT:
        for i in range(spans[row], spans[row + 1]):
            for another in range(spans[other], spans[other + 1]):
                if codes[i] == codes[another]:
                    return True
    return False


@njit(cache=True)
def diversify(
    scores: Floats,
    rows: Int32s,
    count: int,
    catalogue_rows: Int32s,
    spans: Int64s,
    codes: Int32s,
    keep: float,
    listed: Int32s,
    positions: Int32s,
    lowered: Floats,
) -> None:
    """Do what `diversity.diversified` describes with the first `count` rows, into `positions` and `lowered`."""
    longest = 0
    for row in rows[:count]:
        longest = max(longest, _authors(catalogue_rows[row], spans))
    room = len(positions) * longest
    for row in listed:
        room += _authors(catalogue_rows[row], spans)
    seen, counts = np.empty(room, np.int32), np.empty(room, np.int32)
    known = 0
    for row in listed:
        known = _count(catalogue_rows[row], spans, codes, seen, counts, known)
    taken = np.zeros(count, np.bool_)
    first = 0
    for position in range(len(positions)):
        while taken[first]:
            first += 1
        best, best_score = -1, 0.0
        for candidate in range(first, count):
            # The scores are descending, and the penalty only lowers them.
            if best >= 0 and scores[candidate] <= best_score:
                break
            if not taken[candidate]:
                repeated = _repeated(catalogue_rows[rows[candidate]], spans, codes, seen, counts, known)
                score = scores[candidate] * keep**repeated
                if best < 0 or score > best_score:
                    best, best_score = candidate, score
        taken[best] = True
        positions[position] = best
        lowered[position] = best_score
        known = _count(catalogue_rows[rows[best]], spans, codes, seen, counts, known)


@njit(cache=True)
def _authors(row: int, spans: Int64s) -> int:
    """How many authors the book at a row of the catalogue has."""
    return spans[row + 1] - spans[row] if row != ABSENT else 0


@njit(cache=True)
def _repeated(row: int, spans: Int64s, codes: Int32s, seen: Int32s, counts: Int32s, known: int) -> int:
    """The number of listed books by the book's author who has the most of them."""
    most = 0
    if row != ABSENT:
        for i in range(spans[row], spans[row + 1]):
            for author in range(known):
                if seen[author] == codes[i]:
                    most = max(most, counts[author])
    return most


@njit(cache=True)
def _count(row: int, spans: Int64s, codes: Int32s, seen: Int32s, counts: Int32s, known: int) -> int:
    """Count the authors of one more listed book; returns the number of distinct authors so far."""
    if row != ABSENT:
        for i in range(spans[row], spans[row + 1]):
            for author in range(known):
                if seen[author] == codes[i]:
                    counts[author] += 1
                    break
            else:
                seen[known] = codes[i]
                counts[known] = 1
                known += 1
    return known
