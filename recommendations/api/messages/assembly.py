"""The loop that puts a shelf's message together from parts of books, compiled by Numba.

A protobuf message is what its parts are, one after the other (https://protobuf.dev/programming-guides/encoding): in
Python to gather them costs a busy server more than to rank the books. The interpreter is held on purpose, as whoever
lets go of it has to fight for it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from recommendations.domain.recommending import LINE_BEHIND, LINE_COUNT, LINE_KIND, LINE_ROW

Bytes = npt.NDArray[np.uint8]
Int32s = npt.NDArray[np.int32]

# A field's number and wire type: of RecommendationResponse, BookRecommendation and Reason, and of Reason its kind.
RECOMMENDATIONS, SCORE, REASON, KIND = 0x0A, 0x2D, 0x32, 0x08
START, FACTS, REFERENCE = range(3)
_SEVEN_BITS = 0x7F
_MOST_OF_A_FRAME = 32
"""More than what a book has beside its parts: two tags with sizes, a score, a tag and a kind."""


class Parts(NamedTuple):
    """Parts of books, end to end in `store`; by row, where they are.

    At START of the row they begin, -1 for those that are not there yet: FACTS bytes of a BookRecommendation, and then
    REFERENCE bytes, a Reason's field of the book. These stand side by side as they are fetched from afar.
    """

    store: Bytes
    places: npt.NDArray[np.int64]


def compile_ahead() -> None:
    """Compile `assemble`, where that was not done before: it takes seconds that a server has not."""
    parts = Parts(np.empty(0, dtype=np.uint8), np.empty((0, 3), dtype=np.int64))
    lines, scores = np.frombuffer(b"", np.int32), np.frombuffer(b"", np.float64)
    assemble(*parts, lines, scores, np.empty(0, dtype=np.uint8))


@njit(cache=True)
def assemble(
    store: Bytes,
    places: npt.NDArray[np.int64],
    lines: Int32s,
    scores: npt.NDArray[np.float64],
    message: Bytes,
) -> tuple[int, int]:
    """The field `recommendations` for the lines of a Listing, into `message`; returns how many bytes it has, and -1.

    Where there is not enough room, nothing is written that counts, and the first number is more than there is; where
    a book has no parts, the second one is its row. Only `message` may be written to.
    """
    width = len(lines) // max(len(scores), 1)
    single = np.empty(1, np.float32)
    score = single.view(np.uint8)
    end = 0
    for place in range(len(scores)):
        line = lines[place * width : (place + 1) * width]
        row = line[LINE_ROW]
        facts = places[row]
        if facts[START] < 0 or facts[START] + facts[FACTS] + facts[REFERENCE] > len(store):
            return 0, row
        single[0] = np.float32(scores[place])
        # As any field, it is left out where it is 0; but minus 0 is another number.
        scored = 1 + len(score) if score.any() else 0
        reason = 2
        for one in range(line[LINE_COUNT]):
            other = line[LINE_BEHIND + one]
            reference = places[other]
            if reference[START] < 0 or reference[START] + reference[FACTS] + reference[REFERENCE] > len(store):
                return 0, other
            reason += reference[REFERENCE]
        size = facts[FACTS] + scored + 1 + _size_of(reason) + reason
        if end + size + _MOST_OF_A_FRAME > len(message):
            # Whether there is more to come does not matter: it is asked again with more room.
            return 2 * (end + size + _MOST_OF_A_FRAME), -1
        message[end] = RECOMMENDATIONS
        end = _put_size(message, end + 1, size)
        end = _copy(message, end, store, facts[START], facts[FACTS])
        if scored:
            message[end] = SCORE
            end = _copy(message, end + 1, score, 0, len(score))
        message[end] = REASON
        end = _put_size(message, end + 1, reason)
        message[end], message[end + 1] = KIND, line[LINE_KIND]
        end += 2
        for one in range(line[LINE_COUNT]):
            reference = places[line[LINE_BEHIND + one]]
            end = _copy(message, end, store, reference[START] + reference[FACTS], reference[REFERENCE])
    return end, -1


@njit(cache=True)
def _size_of(size: int) -> int:
    """How many bytes a size takes, seven bits in each."""
    count = 1
    while size > _SEVEN_BITS:
        size >>= 7
        count += 1
    return count


@njit(cache=True)
def _put_size(message: Bytes, end: int, size: int) -> int:
    """Write a size, the lowest bits first; all bytes but the last have the eighth bit set."""
    while size > _SEVEN_BITS:
        message[end] = size & _SEVEN_BITS | _SEVEN_BITS + 1
        size >>= 7
        end += 1
    message[end] = size
    return end + 1


@njit(cache=True)
def _copy(message: Bytes, end: int, store: Bytes, start: int, count: int) -> int:
    """Append some bytes."""
    for one in range(count):
        message[end + one] = store[start + one]
    return end + count
