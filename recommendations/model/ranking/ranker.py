"""Ranking books by a history."""

from collections.abc import Callable
from functools import partial
from typing import cast

import numpy as np

from recommendations.domain.recommending import ReasonKind
from recommendations.model.neighbours import Neighbours
from recommendations.model.ranking.compiled import WIDTH, Bytes, Int32s, Mask, rank
from recommendations.model.ranking.content import any_of
from recommendations.model.ranking.diversity import POOL, Authors, diversified
from recommendations.model.ranking.editions import all_editions
from recommendations.model.ranking.live_popularity import Popular
from recommendations.model.ranking.scoring import Evidence, RankedBook, read_only
from recommendations.model.vocabulary import ABSENT

_NO_CONTENT = read_only(np.empty(0, np.int32)), read_only(np.empty(0)), read_only(np.empty(0, np.int32))
_KINDS = {int(kind): kind for kind in ReasonKind}
_IS_ROW = ABSENT.__lt__


def compile_ahead() -> None:
    """Compile the loops and cache them on disk: it takes seconds, and a server must start fast."""
    no_rows, no_spans = read_only(np.empty(0, dtype=np.int32)), read_only(np.zeros(1, dtype=np.int64))
    authors = Authors(no_rows, no_spans, no_rows)
    Ranker(Neighbours(no_spans, no_rows, np.empty(0, dtype=np.float32)), no_rows, 0, authors, no_rows)
    diversified([], [], authors, diversity=0.0, limit=0)
    any_of(read_only(np.empty(0, dtype=np.bool_)), no_rows)
    all_editions(no_rows, no_rows)


class Ranker:
    """Ranks books for histories. The first `learned` rows have neighbours; for `diversity` see diversity.py.

    `following` has the next edition of each row's work, see Editions.
    """

    def __init__(
        self,
        neighbours: Neighbours,
        ids: Int32s,
        learned: int,
        authors: Authors,
        following: Int32s,
        *,
        diversity: float = 0.0,
    ) -> None:
        arrays = (neighbours.indptr, neighbours.rows, neighbours.weights, neighbours.decay, ids, *authors, following)
        prior = neighbours.prior
        fixed = (*(read_only(array) for array in arrays), learned, 1.0 - diversity, prior.weight, prior.growth)
        self._pool = POOL if diversity and authors.known else 1
        # Scratch space shared by all threads, see compiled.py.
        self._scores = np.zeros(len(ids))
        self._rank: Callable[..., int] = partial(cast("Callable[..., int]", rank), *fixed)
        # Compile now, so that the first call does not take longer.
        nothing = np.empty(0, dtype=np.int32)
        popular = Popular(read_only(nothing), read_only(nothing), read_only(np.zeros(len(ids))))
        allowed = read_only(ids > 0)
        self.rank(nothing, nothing.astype(np.uint8), allowed=allowed, excluded=nothing, popular=popular, limit=1)

    def rank(
        self,
        rows: Int32s,
        preferences: Bytes,
        *,
        allowed: Mask,
        excluded: Int32s,
        popular: Popular,
        limit: int,
        content: Evidence | None = None,
    ) -> list[RankedBook]:
        """At most `limit` allowed books with the highest scores above 0, best first; ties go to the lowest id.

        `rows` and `preferences` are a reader's history, the latest book last. Liked books and popularity contribute
        to the scores; a book to which popularity contributed most has the reason POPULAR. Books of the history, their
        other editions and excluded books are not ranked, and of other works only the edition with the highest score.
        `allowed` must be read-only. `content` is further evidence. Scores fall along the list: see diversity.py.
        """
        extra = _NO_CONTENT
        if content is not None:
            extra = read_only(content.rows), read_only(content.weights), read_only(content.books)
        records, best = np.empty((limit, WIDTH), dtype=np.int32), np.empty(limit)
        count = self._rank(
            read_only(rows),
            read_only(preferences),
            allowed,
            read_only(excluded),
            *popular,
            *extra,
            self._pool,
            self._scores,
            records,
            best,
        )
        # Converted column by column, to do as little as possible in Python loops.
        listed, kinds, *because = records[:count].T.tolist()
        named = [
            books if books[-1] != ABSENT else tuple(filter(_IS_ROW, books)) for books in zip(*because, strict=True)
        ]
        return list(map(RankedBook, listed, best.tolist(), map(_KINDS.__getitem__, kinds), named))
