"""Rankings with popular books, by hand."""

from dataclasses import replace

import numpy as np

from recommendations.domain.interactions import Preference
from recommendations.domain.recommending import ReasonKind
from recommendations.model.neighbours import Neighbours
from recommendations.model.popularity import Prior
from recommendations.model.ranking.diversity import Authors
from recommendations.model.ranking.live_popularity import Popular
from recommendations.model.ranking.ranker import Ranker
from recommendations.model.ranking.scoring import (
    RankedBook,
    read_only,
)
from recommendations.model.vocabulary import ABSENT


def test_popular_books_by_hand() -> None:
    """Popularity adds to the scores of neighbours, lists books that are none, and is the reason if it adds more.

    Here 0 has the neighbours 1 and 2; 3 and 4 are popular, and 5 is not. A history without likes ranks nothing.
    """
    neighbours = Neighbours(
        np.array([0, 2, 2, 2, 2, 2, 2]), np.array([1, 2], dtype=np.int32), np.array([1.0, 0.25], dtype=np.float32)
    )
    ids, nothing = np.arange(1, 7, dtype=np.int32), read_only(np.empty(0, dtype=np.int32))
    authors = Authors(np.full(6, ABSENT, dtype=np.int32), np.zeros(1, dtype=np.int64), nothing)
    popularity = np.array([9.0, 0.5, 0.5, 1.0, 0.75, 0.0])
    order = np.argsort(-popularity, kind="stable").astype(np.int32)

    def ranked(weight: float, growth: float = 0.0, preference: Preference = Preference.LIKED) -> list[RankedBook]:
        ranker = Ranker(
            *(replace(neighbours, prior=Prior(weight, growth)), ids, 6, authors, np.arange(6, dtype=np.int32))
        )
        history = np.array([5, 0], dtype=np.int32)
        return ranker.rank(
            *(history, np.array([preference, preference], dtype=np.uint8)),
            allowed=read_only(ids > 0),
            excluded=nothing,
            popular=Popular(read_only(order), nothing, read_only(popularity)),
            limit=6,
        )

    because, popular = ReasonKind.BECAUSE_OF_BOOKS, ReasonKind.POPULAR
    assert ranked(0.0) == [(1, 1.0, because, (0,)), (2, 0.25, because, (0,))]
    assert ranked(1.0) == [
        (1, 1.5, because, (0,)), (3, 1.0, popular, ()), (2, 0.75, popular, (0,)), (4, 0.75, popular, ())
    ]  # fmt: skip
    assert [book.is_personal for book in ranked(1.0)] == [True, False, True, False]
    # For two liked books, the weight doubles.
    assert ranked(0.5, growth=1.0) == ranked(1.0)
    assert ranked(1.0, preference=Preference.NONE) == []


def test_ties_of_rounded_sums_go_to_the_lowest_id() -> None:
    """The score that is needed for the last place is never rounded to more than that of an equal book."""
    ids, nothing = np.array([5, 20, 10, 7], dtype=np.int32), read_only(np.empty(0, dtype=np.int32))
    authors = Authors(np.full(4, ABSENT, dtype=np.int32), np.zeros(1, dtype=np.int64), nothing)
    rng = np.random.default_rng(0)
    for weight, popularity in zip(rng.random(50).astype(np.float32), rng.random(50), strict=True):
        # Rows 1 and 2 have the same weight and popularity; row 3, ranked before, has popularity alone.
        neighbours = Neighbours(
            *(np.array([0, 2, 2, 2, 2]), np.array([1, 2], dtype=np.int32), np.array([weight, weight])),
            prior=Prior(1.0),
        )
        popular = np.array([0, popularity, popularity, popularity + weight / 2])
        (only,) = Ranker(neighbours, ids, 4, authors, np.arange(4, dtype=np.int32)).rank(
            *(np.array([0], dtype=np.int32), np.array([Preference.LIKED], dtype=np.uint8)),
            allowed=read_only(ids > 0),
            excluded=nothing,
            popular=Popular(read_only(np.array([3, 1, 2], dtype=np.int32)), nothing, read_only(popular)),
            limit=1,
        )
        assert only.row == 2


def test_a_book_that_became_popular_lately_needs_little_else() -> None:
    """Its current popularity counts, though its place among the other books is that of an earlier one."""
    ids, nothing = np.arange(1, 5, dtype=np.int32), read_only(np.empty(0, dtype=np.int32))
    authors = Authors(np.full(4, ABSENT, dtype=np.int32), np.zeros(1, dtype=np.int64), nothing)
    # Row 3 has become as popular as 1.0, and row 1 as 0.9; row 2 has had 0.5 all along.
    neighbours = Neighbours(
        *(np.array([0, 1, 1, 1, 1]), np.array([1], dtype=np.int32), np.array([0.3], dtype=np.float32)),
        prior=Prior(1.0),
    )
    order = Popular(
        read_only(np.array([2, 1, 3], dtype=np.int32)),
        read_only(np.array([3, 1], dtype=np.int32)),
        read_only(np.array([0.0, 0.9, 0.5, 1.0])),
    )
    for limit, rows in ((1, [1]), (2, [1, 3]), (3, [1, 3, 2])):
        ranked = Ranker(neighbours, ids, 4, authors, np.arange(4, dtype=np.int32)).rank(
            *(np.array([0], dtype=np.int32), np.array([Preference.LIKED], dtype=np.uint8)),
            allowed=read_only(ids > 0),
            excluded=nothing,
            popular=order,
            limit=limit,
        )
        assert [book.row for book in ranked] == rows
