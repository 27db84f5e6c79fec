"""The loops of training that NumPy does badly, compiled by Numba; each works on its own and lets other threads run.

The compiled code is kept beside this file, or where NUMBA_CACHE_DIR says.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

LEAST_PIVOT = np.float32(1e-6)
"""What a pivot is at least where there is no penalty: rounding may take one below zero."""

MANY = 32
"""With so many times more entries in a row than are wanted, each is looked for on its own."""

LEFT_OUT = np.float32(1e15)
"""The root of a penalty so great that nothing is left of a weight."""


@njit(cache=True, nogil=True)
def strongest_pairs(
    books_of: Int64s,
    books: Int32s,
    readers_of: Int64s,
    readers: Int32s,
    places: Int32s,
    weights: Floats,
    preference: Floats,
    start: int,
    stop: int,
    rows: Int32s,
    strengths: Floats,
    leads: Floats,
    diagonal: Floats,
) -> None:
    """C = Xᵀ diag(weights) X, all weights above 0, for the books from `start` to `stop`, of each row the strongest.

    `books_of, books` are X by reader, in the order in which the books were taken up, and `readers_of, readers,
    places` X by book, with the book's place in the reader's order, -1 for readers without an order. Of row j those
    i stay for which C_ij preference_i is greatest, as many as `rows[j]` has room; `rows` is -1 where there are
    fewer. `strengths` gets C_ij, `leads` the part of it from readers who took i up before j less the part from
    those who took it up after, and `diagonal` C_jj.
    """
    count = len(readers_of) - 1
    room = rows.shape[1]
    together = np.zeros(count, np.float32)
    lead = np.zeros(count, np.float32)
    met = np.empty(count, np.int32)
    scores = np.empty(count, np.float32)
    order = np.empty(count, np.float32)
    for book in range(start, stop):
        found = 0
        for entry in range(readers_of[book], readers_of[book + 1]):
            reader = readers[entry]
            weight = weights[reader]
            first = books_of[reader]
            itself = first + places[entry]
            for other_entry in range(first, books_of[reader + 1]):
                other = books[other_entry]
                if together[other] == 0:
                    met[found] = other
                    found += 1
                together[other] += weight
                if itself >= first:
                    lead[other] += weight if other_entry < itself else -weight
        diagonal[book] = together[book]
        together[book] = 0
        others = 0
        for place in range(found):
            other = met[place]
            if other != book:
                met[others] = other
                scores[others] = together[other] * preference[other]
                order[others] = scores[others]
                others += 1
        kept = _keep_strongest(scores, order, met, others, room, rows[book])
        for place in range(kept):
            strengths[book, place] = together[rows[book, place]]
            leads[book, place] = lead[rows[book, place]]
        for place in range(others):
            together[met[place]] = 0
            lead[met[place]] = 0
        lead[book] = 0


@njit(cache=True, nogil=True)
def united(
    indptr: Int64s,
    indices: Int32s,
    values: npt.NDArray[np.complex64],
    other_indptr: Int64s,
    other_indices: Int32s,
    other_values: npt.NDArray[np.complex64],
    united_indptr: Int64s,
    united_indices: Int32s,
    reals: Floats,
    imaginaries: Floats,
) -> None:
    """The entries of two sparse matrices with ascending rows, the mean where both have one, into the last four."""
    end = 0
    for row in range(len(indptr) - 1):
        entry, other = indptr[row], other_indptr[row]
        stop, other_stop = indptr[row + 1], other_indptr[row + 1]
        while entry < stop or other < other_stop:
            if other == other_stop or (entry < stop and indices[entry] < other_indices[other]):
                column, value = indices[entry], values[entry]
                entry += 1
            elif entry == stop or other_indices[other] < indices[entry]:
                column, value = other_indices[other], other_values[other]
                other += 1
            else:
                column, value = indices[entry], (values[entry] + other_values[other]) / np.float32(2)
                entry += 1
                other += 1
            united_indices[end] = column
            reals[end] = value.real
            imaginaries[end] = value.imag
            end += 1
        united_indptr[row + 1] = end


@njit(cache=True, nogil=True)
def regressions(
    indptr: Int64s,
    indices: Int32s,
    strengths: Floats,
    wanted: Floats,
    diagonal: Floats,
    preference: Floats,
    penalty: Floats,
    start: int,
    stop: int,
    rows: Int32s,
    weights: Floats,
) -> None:
    """For each candidate j from `start` to `stop` the solution w of (C_NN + diag(penalty_N)) w = Y_Nj.

    C has its rows, ascending, in `indptr, indices, strengths` and its diagonal apart; Y_ij, beside it in row j, is
    `wanted`. N are the books i of row j for which Y_ij preference_i is greatest, as many as `rows[j]` and
    `weights[j]` have room; `rows` is -1 where there are fewer. Pairs that C does not hold count 0. That may leave
    C_NN indefinite, which the whole C never is: no pivot of that falls below the penalty. A book whose pivot here
    falls below half of it has weight 0.
    """
    count = len(indptr) - 1
    room = rows.shape[1]
    place_of = np.full(count, -1, np.int32)
    system = np.zeros((room, room), np.float32)
    least = np.empty(room, np.float32)
    scores = np.empty(count, np.float32)
    order = np.empty(count, np.float32)
    met = np.empty(count, np.int32)
    sought = np.zeros(count, np.float32)
    for candidate in range(start, stop):
        first = indptr[candidate]
        others = indptr[candidate + 1] - first
        for place in range(others):
            other = indices[first + place]
            met[place] = other
            sought[other] = wanted[first + place]
            scores[place] = wanted[first + place] * preference[other]
            order[place] = scores[place]
        known = rows[candidate]
        size = _keep_strongest(scores, order, met, others, room, known)
        for place in range(size):
            weights[candidate, place] = sought[known[place]]
            place_of[known[place]] = place
        for place in range(size):
            book = known[place]
            system[place, : place + 1] = 0
            system[place, place] = diagonal[book] + penalty[book]
            least[place] = max(penalty[book] / 2, LEAST_PIVOT)
            begin, end = indptr[book], indptr[book + 1]
            # A book that everybody reads is paired with nearly all others: few are looked for among many.
            if end - begin > MANY * place:
                for column in range(place):
                    entry = _place_of(known[column], indices, begin, end)
                    if entry >= 0:
                        system[place, column] = strengths[entry]
            else:
                for entry in range(begin, end):
                    column = place_of[indices[entry]]
                    if 0 <= column < place:
                        system[place, column] = strengths[entry]
        _solve(system, least, weights[candidate], size)
        for place in range(size):
            place_of[known[place]] = -1


@njit(cache=True, nogil=True)
def top_lists(
    books_of: Int64s,
    books: Int32s,
    indptr: Int64s,
    rows: Int32s,
    weights: Floats,
    fading: Floats,
    readers: Int32s,
    start: int,
    stop: int,
    tops: Int32s,
) -> None:
    """The best rows for the readers at the places from `start` to `stop` of `readers`, all they have left out.

    `books_of, books` are the readers' histories, the latest book last, and `indptr, rows, weights` the neighbours
    of known books; the n-th latest book, from 0, counts `fading[n]`, and all before it like the last of these.
    Only scores above 0 count; `tops` is -1 where there are fewer. Ties go to the lower row.
    """
    count = len(indptr) - 1
    room = tops.shape[1]
    scores = np.zeros(count, np.float32)
    met = np.empty(count, np.int32)
    seen = np.zeros(count, np.bool_)
    best = np.empty(room, np.float32)
    for place in range(start, stop):
        reader = readers[place]
        found = 0
        for entry in range(books_of[reader], books_of[reader + 1]):
            book = books[entry]
            faded = fading[min(books_of[reader + 1] - 1 - entry, len(fading) - 1)]
            for neighbour in range(indptr[book], indptr[book + 1]):
                row = rows[neighbour]
                # Not whether its score is still 0: what speaks for it and against it may be so together.
                if not seen[row]:
                    seen[row] = True
                    met[found] = row
                    found += 1
                scores[row] += weights[neighbour] * faded
        for entry in range(books_of[reader], books_of[reader + 1]):
            scores[books[entry]] = -1
        filled = 0
        for entry in range(found):
            row = met[entry]
            score = scores[row]
            scores[row] = 0
            seen[row] = False
            if score <= 0 or (filled == room and score < best[room - 1]):
                continue
            at = filled if filled < room else room - 1
            if filled == room and score == best[at] and row > tops[place, at]:
                continue
            while at > 0 and (best[at - 1] < score or (best[at - 1] == score and tops[place, at - 1] > row)):
                best[at] = best[at - 1]
                tops[place, at] = tops[place, at - 1]
                at -= 1
            best[at] = score
            tops[place, at] = row
            if filled < room:
                filled += 1
        for entry in range(books_of[reader], books_of[reader + 1]):
            scores[books[entry]] = 0


@njit(cache=True, nogil=True)
def _keep_strongest(scores: Floats, order: Floats, met: Int32s, others: int, room: int, rows: Int32s) -> int:
    """Put into `rows` those of the first `others` of `met` with the greatest scores, as many as there is room for.

    Returns how many that are; `order`, a copy of the scores, is used up.
    """
    if others <= room:
        rows[:others] = met[:others]
        return others
    lowest = _descending(order, others, room)
    kept = 0
    for place in range(others):
        if scores[place] > lowest:
            rows[kept] = met[place]
            kept += 1
    # What ties with the last place fills what room is left.
    for place in range(others):
        if kept == room:
            break
        if scores[place] == lowest:
            rows[kept] = met[place]
            kept += 1
    return room


@njit(cache=True, nogil=True)
def _place_of(index: int, indices: Int32s, begin: int, end: int) -> Any:
    """Where `index` is between `begin` and `end` of the ascending `indices`, -1 where it is not."""
    low, high = begin, end
    while low < high:
        middle = (low + high) >> 1
        if indices[middle] < index:
            low = middle + 1
        else:
            high = middle
    return low if low < end and indices[low] == index else -1


@njit(cache=True, nogil=True)
def _descending(values: Floats, count: int, place: int) -> Any:
    """The `place`-th greatest, from 1, of the first `count` values, which it puts in disorder (Hoare 1961)."""
    low, high, target = 0, count - 1, place - 1
    while low < high:
        pivot = values[(low + high) >> 1]
        left, right = low, high
        while left <= right:
            while values[left] > pivot:
                left += 1
            while values[right] < pivot:
                right -= 1
            if left <= right:
                values[left], values[right] = values[right], values[left]
                left += 1
                right -= 1
        if target <= right:
            high = right
        elif target >= left:
            low = left
        else:
            break
    return values[target]


@njit(cache=True, nogil=True, fastmath=True)
def _solve(system: npt.NDArray[np.float32], least: Floats, values: Floats, size: int) -> None:
    """Solve the symmetric `system`, of which the lower half is given, in place (Cholesky).

    Rows whose pivots are below `least` are left out: their values are 0, and the others do not hear of them.
    """
    for column in range(size):
        pivot_row = system[column]
        total = np.float32(0)
        for inner in range(column):
            total += pivot_row[inner] * pivot_row[inner]
        left = pivot_row[column] - total
        pivot = np.sqrt(left) if left >= least[column] else LEFT_OUT
        pivot_row[column] = pivot
        inverse = np.float32(1) / pivot
        row = column + 1
        # Four rows at a time, so that what is loaded of the pivot's row serves all of them.
        while row + 4 <= size:
            first, second, third, fourth = system[row], system[row + 1], system[row + 2], system[row + 3]
            one = two = three = four = np.float32(0)
            for inner in range(column):
                factor = pivot_row[inner]
                one += first[inner] * factor
                two += second[inner] * factor
                three += third[inner] * factor
                four += fourth[inner] * factor
            first[column] = (first[column] - one) * inverse
            second[column] = (second[column] - two) * inverse
            third[column] = (third[column] - three) * inverse
            fourth[column] = (fourth[column] - four) * inverse
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
