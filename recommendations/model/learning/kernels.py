"""The loops of training that would be slow in NumPy, compiled by Numba. They release the interpreter lock.

Numba caches the compiled code beside this file, or in the folder NUMBA_CACHE_DIR.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

LEAST_PIVOT = np.float32(1e-6)
"""The lower bound of pivots where there is no penalty: rounding may make them negative."""

SEARCH_FACTOR = 32
"""A row this many times longer than the number of entries needed is searched for each of them, not scanned."""

EXCLUDING_PIVOT = np.float32(1e15)
"""So large that dividing a weight by it gives practically 0."""


@njit(cache=True, nogil=True)
def strongest_pairs(
    books_of: Int64s,
    books: Int32s,
    readers_of: Int64s,
    readers: Int32s,
    positions: Int32s,
    weights: Floats,
    priority: Floats,
    start: int,
    stop: int,
    rows: Int32s,
    strengths: Floats,
    precedence: Floats,
    diagonal: Floats,
) -> None:
    """Find the strongest entries of the rows `start` to `stop` of C = Xᵀ diag(weights) X; all weights are above 0.

    `books_of, books` are X by reader (CSR), in reading order. `readers_of, readers, positions` are X by book (CSC),
    with the book's position in the reader's history, -1 for readers whose books have no order. Row j keeps the books
    i with the greatest C_ij priority_i, as many as fit into `rows[j]`, padded with -1. `strengths` receives C_ij,
    `precedence` the part of it from readers who read i before j minus the part from those who read i after j, and
    `diagonal` C_jj.
    """
    count = len(readers_of) - 1
    room = rows.shape[1]
    together = np.zeros(count, np.float32)
    before = np.zeros(count, np.float32)
    met = np.empty(count, np.int32)
    for book in range(start, stop):
        others = 0
        for entry in range(readers_of[book], readers_of[book + 1]):
            reader = readers[entry]
            weight = weights[reader]
            first = books_of[reader]
            itself = first + positions[entry]
            for other_entry in range(first, books_of[reader + 1]):
                other = books[other_entry]
                if together[other] == 0 and other != book:
                    met[others] = other
                    others += 1
                together[other] += weight
                if itself >= first:
                    before[other] += weight if other_entry < itself else -weight
        diagonal[book] = together[book]
        candidates = met[:others]
        kept = candidates[_greatest(together[candidates] * priority[candidates], room)]
        rows[book, : len(kept)] = kept
        strengths[book, : len(kept)] = together[kept]
        precedence[book, : len(kept)] = before[kept]
        together[book] = before[book] = 0
        together[candidates] = before[candidates] = 0


@njit(cache=True, nogil=True)
def regressions(
    indptr: Int64s,
    indices: Int32s,
    strengths: Floats,
    targets: Floats,
    diagonal: Floats,
    priority: Floats,
    penalty: Floats,
    start: int,
    stop: int,
    rows: Int32s,
    weights: Floats,
) -> None:
    """Solve (C_NN + diag(penalty_N)) w = Y_Nj for each candidate j from `start` to `stop`.

    C is in CSR form in `indptr, indices, strengths`, with ascending indices and a separate diagonal; `targets` holds
    Y_ij for the same entries. N are the books i of row j with the greatest Y_ij priority_i, as many as fit into
    `rows[j]` and `weights[j]`; `rows` is padded with -1. Pairs that C does not hold count as 0. This may make C_NN
    indefinite, which the whole C never is: its pivots are at least the penalty. A book whose pivot falls below half
    its penalty therefore gets weight 0.
    """
    room = rows.shape[1]
    position = np.full(len(indptr) - 1, -1, np.int32)
    system = np.zeros((room, room), np.float32)
    least = np.empty(room, np.float32)
    for candidate in range(start, stop):
        first, last = indptr[candidate], indptr[candidate + 1]
        kept = first + _greatest(targets[first:last] * priority[indices[first:last]], room)
        known = indices[kept]
        size = len(known)
        rows[candidate, :size] = known
        weights[candidate, :size] = targets[kept]
        position[known] = np.arange(size)
        for row in range(size):
            book = known[row]
            system[row, : row + 1] = 0
            system[row, row] = diagonal[book] + penalty[book]
            least[row] = max(penalty[book] / 2, LEAST_PIVOT)
            begin, end = indptr[book], indptr[book + 1]
            # A very popular book is paired with nearly all others: searching is faster than scanning.
            if end - begin > SEARCH_FACTOR * row:
                paired = indices[begin:end]
                for column in range(row):
                    entry = np.searchsorted(paired, known[column])
                    if entry < len(paired) and paired[entry] == known[column]:
                        system[row, column] = strengths[begin + entry]
            else:
                for entry in range(begin, end):
                    column = position[indices[entry]]
                    if 0 <= column < row:
                        system[row, column] = strengths[entry]
        position[known] = -1
        _solve(system, least, weights[candidate], size)


@njit(cache=True, nogil=True)
def top_lists(
    books_of: Int64s,
    books: Int32s,
    indptr: Int64s,
    rows: Int32s,
    weights: Floats,
    decay: Floats,
    popular: Int32s,
    popularity: Floats,
    priors: Floats,
    readers: Int32s,
    start: int,
    stop: int,
    tops: Int32s,
) -> None:
    """Write the rows with the best scores for `readers[start:stop]` into `tops`, without the readers' own books.

    `books_of, books` are the readers' histories, the latest book last; `indptr, rows, weights, decay` are as in
    Neighbours. To these scores is added the row's `popularity` times the reader's entry in `priors`; `popular` has
    the rows with popularity, the most popular first. Only scores above 0 count; `tops` is padded with -1. Ties go to
    the lower row.
    """
    count = len(indptr) - 1
    room = tops.shape[1]
    scores = np.zeros(count, np.float32)
    met = np.empty(count, np.int32)
    seen = np.zeros(count, np.bool_)
    best = np.empty(room, np.float32)
    for i in range(start, stop):
        history = books[books_of[readers[i]] : books_of[readers[i] + 1]]
        others = 0
        for entry in range(len(history)):
            recency = decay[min(len(history) - 1 - entry, len(decay) - 1)]
            for neighbour in range(indptr[history[entry]], indptr[history[entry] + 1]):
                row = rows[neighbour]
                # A score of 0 does not mean unseen: positive and negative weights may cancel out.
                if not seen[row]:
                    seen[row] = True
                    met[others] = row
                    others += 1
                scores[row] += weights[neighbour] * recency
        scores[history] = -np.inf
        filled, visited = 0, 0
        if priors[i] > 0:
            # Once the list is full, no book that follows gets in by its popularity alone.
            for row in popular:
                prior = priors[i] * popularity[row]
                if filled == room and prior < best[-1]:
                    break
                visited += 1
                score = scores[row] + prior
                scores[row] = -np.inf
                if score > 0:
                    filled = _insert(tops[i], best, filled, row, score)
        for row in met[:others]:
            score = scores[row] + priors[i] * popularity[row]
            if scores[row] > 0 and not (filled == room and score < best[-1]):
                filled = _insert(tops[i], best, filled, row, score)
            scores[row] = 0
            seen[row] = False
        scores[popular[:visited]] = 0
        scores[history] = 0


@njit(cache=True, nogil=True)
def _insert(top: Int32s, best: Floats, filled: int, row: int, score: float) -> int:
    """Insert a row among the best so far if it belongs there; returns their new number.

    Insertion into a short list takes a third of the time of selecting and then sorting.
    """
    if filled == len(top):
        if (score, -row) < (best[-1], -top[-1]):
            return filled
    else:
        filled += 1
    at = filled
    while at > 1 and (best[at - 2], -top[at - 2]) < (score, -row):
        best[at - 1], top[at - 1] = best[at - 2], top[at - 2]
        at -= 1
    best[at - 1], top[at - 1] = score, row
    return filled


@njit(cache=True, nogil=True)
def _greatest(scores: Floats, room: int) -> Any:
    """The positions of the `room` greatest scores, or of all if there are fewer, in no particular order."""
    return np.argpartition(-scores, room - 1)[:room] if len(scores) > room else np.arange(len(scores))


@njit(cache=True, nogil=True, fastmath=True)
def _solve(system: npt.NDArray[np.float32], least: Floats, values: Floats, size: int) -> None:
    """Solve the symmetric `system`, given by its lower half, in place (Cholesky).

    Rows whose pivot is below `least` are excluded: their values become 0 and do not affect the others. LAPACK cannot
    do this, and takes 50 % longer for matrices this small.
    """
    for column in range(size):
        pivot_row = system[column]
        total = np.float32(0)
        for inner in range(column):
            total += pivot_row[inner] * pivot_row[inner]
        squared = pivot_row[column] - total
        pivot = np.sqrt(squared) if squared >= least[column] else EXCLUDING_PIVOT
        pivot_row[column] = pivot
        inverse = np.float32(1) / pivot
        row = column + 1
        # Four rows at a time, so that each value loaded from the pivot's row is used four times.
        while row + 4 <= size:
            a, b, c, d = system[row], system[row + 1], system[row + 2], system[row + 3]
            sum_a = sum_b = sum_c = sum_d = np.float32(0)
            for inner in range(column):
                factor = pivot_row[inner]
                sum_a += a[inner] * factor
                sum_b += b[inner] * factor
                sum_c += c[inner] * factor
                sum_d += d[inner] * factor
            a[column] = (a[column] - sum_a) * inverse
            b[column] = (b[column] - sum_b) * inverse
            c[column] = (c[column] - sum_c) * inverse
            d[column] = (d[column] - sum_d) * inverse
            row += 4
        while row < size:
            total = np.float32(0)
            for inner in range(column):
                total += system[row, inner] * pivot_row[inner]
            system[row, column] = (system[row, column] - total) * inverse
            row += 1
    for row in range(size):
        total = np.float32(0)
        for inner in range(row):
            total += system[row, inner] * values[inner]
        values[row] = (values[row] - total) / system[row, row]
    for row in range(size - 1, -1, -1):
        values[row] /= system[row, row]
        for inner in range(row):
            values[inner] -= system[row, inner] * values[row]
