"""Ranking the books that a history speaks for."""

from collections.abc import Callable
from functools import partial
from typing import cast

import numpy as np

from recommendations.model.neighbours import Neighbours
from recommendations.model.ranking.chosen import WIDTH, Chosen
from recommendations.model.ranking.compiled import Bytes, Int32s, Mask, any_of, rank, read_only
from recommendations.model.ranking.diversity import POOL, Authors, varied
from recommendations.model.ranking.scoring import Evidence

_NOTHING = tuple(read_only(np.empty(0, dtype=kind)) for kind in (np.int32, np.float64, np.int32))
"""What is borrowed, where nothing is."""


def compile_ahead() -> None:
    """Compile, where that was not done before, what every list needs: it takes seconds that a server has not."""
    nothing, no_lines = read_only(np.empty(0, dtype=np.int32)), read_only(np.zeros(1, dtype=np.int64))
    authors = Authors(nothing, no_lines, nothing)
    Ranker(Neighbours(no_lines, nothing, np.empty(0, dtype=np.float32)), nothing, 0, authors)
    varied([], [], authors, variety=0.0, most=0)
    any_of(read_only(np.empty(0, dtype=np.bool_)), nothing)


class Ranker:
    """Ranks what histories speak for, in one numbering of the books, of which the first `learned` have neighbours.

    One author does not fill a list: see `variety`.
    """

    def __init__(
        self, neighbours: Neighbours, ids: Int32s, learned: int, authors: Authors, *, variety: float = 0.0
    ) -> None:
        arrays = (neighbours.indptr, neighbours.rows, neighbours.weights, neighbours.decay, ids, *authors)
        told = (*(read_only(array) for array in arrays), learned, 1.0 - variety)
        self._pool = POOL if variety and authors.known else 1
        # One for all threads: the loop holds the interpreter from its first line to its last, and leaves all 0.
        self._scores = np.zeros(len(ids))
        self._rank: Callable[..., int] = partial(cast("Callable[..., int]", rank), *told)
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
