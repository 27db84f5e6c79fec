"""The compiled ranking gives the same results as NumPy."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.domain.interactions import Preference
from recommendations.domain.recommending import ReasonKind
from recommendations.model.neighbours import Neighbours
from recommendations.model.popularity import Prior
from recommendations.model.ranking.diversity import POOL, Authors, diversified
from recommendations.model.ranking.editions import Editions, all_editions
from recommendations.model.ranking.live_popularity import Popular
from recommendations.model.ranking.name_index import NameIndex
from recommendations.model.ranking.ranker import Ranker
from recommendations.model.ranking.scoring import (
    REASONS,
    Evidence,
    RankedBook,
    best,
    learned_evidence,
    read_only,
    top_contributors,
    totals,
)
from recommendations.model.vocabulary import ABSENT

PREFERENCES = (Preference.NONE, Preference.LIKED, Preference.LIKED | Preference.READ, Preference.DISMISSED)


class Situation(NamedTuple):
    """The inputs of a ranking."""

    neighbours: Neighbours
    ids: npt.NDArray[np.int32]
    learned: int
    history: npt.NDArray[np.int32]
    preferences: npt.NDArray[np.uint8]
    allowed: npt.NDArray[np.bool_]
    excluded: npt.NDArray[np.int32]
    popular: Popular
    content: Evidence | None
    limit: int
    authors: Authors
    following: npt.NDArray[np.int32]
    diversity: float


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Learned and unlearned books, a history of both, and content scores.

    Weights and popularity are few and exact in binary, so that ties are common; few, so that ties are common although
    sums are rounded; or arbitrary, so that the order of summation matters.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    learned, later = draw(st.integers(1, 40)), draw(st.integers(0, 5))
    books = learned + later
    few = draw(st.sampled_from([[0.25, 0.5, 1.0, -0.5], rng.random(3).tolist(), None]))

    def weights(count: int) -> npt.NDArray[np.float64]:
        drawn: npt.NDArray[np.float64] = rng.choice(few, count) if few else rng.random(count)
        return drawn

    cells = rng.random((learned, learned)) < draw(st.sampled_from([0.1, 0.5, 1.0]))
    np.fill_diagonal(cells, val=False)
    indptr = np.concatenate([[0], np.cumsum(cells.sum(axis=1))]).astype(np.int64)
    decay = (rng.choice([1.0, 0.5], 3) if few else rng.random(3)).astype(np.float32)
    prior = Prior(draw(st.sampled_from([0.0, 0.1, 1.0, 8.0])), draw(st.sampled_from([0.0, 0.5, 1.0])))
    neighbours = Neighbours(
        indptr, np.nonzero(cells)[1].astype(np.int32), weights(int(indptr[-1])).astype(np.float32), decay, prior
    )
    history = rng.permutation(books)[: draw(st.integers(0, 8))].astype(np.int32)
    entries = draw(st.integers(0, 12))
    content = Evidence(
        rng.integers(0, books, entries).astype(np.int32),
        weights(entries),
        rng.choice(np.append(history, np.int32(0)), entries),
        0,
    )
    index = NameIndex.empty().updated(
        np.arange(books, dtype=np.int32), [(str(rng.integers(0, 4)),) for _ in range(books)]
    )
    catalogue_rows = rng.permutation(books).astype(np.int32)
    catalogue_rows[rng.random(books) < draw(st.sampled_from([0.2, 1.0]))] = ABSENT
    authors = Authors.of(index, catalogue_rows)
    works = rng.integers(0, draw(st.sampled_from([3, 20])), books).astype(np.int32)
    works[rng.random(books) < draw(st.sampled_from([0.5, 1.0]))] = ABSENT
    ids = (rng.permutation(books) + 100).astype(np.int32)
    allowed = rng.random(books) < draw(st.sampled_from([0.5, 1.0]))
    popularity = np.abs(weights(books)) * (rng.random(books) < draw(st.sampled_from([0.1, 0.7, 1.0])))
    return Situation(
        neighbours,
        ids,
        learned,
        history,
        rng.choice(np.array(PREFERENCES, dtype=np.uint8), len(history)),
        allowed,
        rng.integers(0, books, draw(st.integers(0, 4))).astype(np.int32),
        popular_of(popularity, allowed, ids, rng, moved=draw(st.sampled_from([0.0, 0.2, 1.0]))),
        content if entries else None,
        # Popular books are passed over only if the list is full.
        draw(st.integers(1, 4) | st.integers(1, books + 3)),
        authors,
        Editions(works, np.arange(books, dtype=np.int32), books).following,
        draw(st.sampled_from([0.0, 0.3, 1.0])),
    )


def popular_of(
    popularity: npt.NDArray[np.float64],
    allowed: npt.NDArray[np.bool_],
    ids: npt.NDArray[np.int32],
    rng: np.random.Generator,
    *,
    moved: float,
) -> Popular:
    """The order of the allowed books before some of them became more popular, and that of those books."""
    has_moved = allowed & (rng.random(len(ids)) < moved) & (popularity > 0)
    before = np.where(has_moved, popularity * rng.random(len(ids)), popularity)
    rows = np.lexsort((ids, -before))
    lately = np.lexsort((ids, -popularity))
    rows, lately = rows[allowed[rows]], lately[has_moved[lately]]
    return Popular(read_only(rows.astype(np.int32)), read_only(lately.astype(np.int32)), read_only(popularity))


def authors_of(situation: Situation, row: int) -> set[int]:
    """The authors of a row."""
    catalogue_rows, spans, codes = situation.authors
    catalogue_row = catalogue_rows[row]
    return (
        set() if catalogue_row == ABSENT else set(codes[slice(*spans[[catalogue_row, catalogue_row + 1]])].tolist())
    )


def plain(situation: Situation) -> list[RankedBook]:
    """Rank with NumPy."""
    liked = situation.history[(situation.preferences & Preference.LIKED) != 0]
    recency = situation.neighbours.recency_weights(len(liked))
    learned = liked < situation.learned
    evidence = learned_evidence(situation.neighbours, liked[learned], recency[learned])
    if situation.content is not None:
        evidence = evidence.followed_by(situation.content)
    candidates = situation.allowed.copy()
    candidates[all_editions(read_only(situation.history), situation.following)] = False
    candidates[situation.excluded] = False
    personal = totals(evidence, len(candidates))
    prior, likes = situation.neighbours.prior, len(liked)
    by_popularity = (prior.weight * likes**prior.growth if likes else 0.0) * situation.popular.popularity
    # Books of which a reader's history speaks against are not listed, however popular.
    rows = np.flatnonzero(candidates & (personal >= 0))
    pool = POOL * situation.limit if situation.diversity else situation.limit
    ranking = best(rows, (personal + by_popularity)[rows], situation.ids, len(rows))
    listed: list[int] = []
    scores: list[float] = []
    for row, score in zip(ranking.rows.tolist(), ranking.scores.tolist(), strict=True):
        if not set(all_editions(read_only(np.array([row], dtype=np.int32)), situation.following)) & set(listed):
            listed.append(row)
            scores.append(score)
    del listed[pool:], scores[pool:]
    positions, lowered = diversified(
        scores, listed, situation.authors, diversity=situation.diversity, limit=situation.limit
    )
    listed, scores = [listed[position] for position in positions], [scores[position] for position in positions]
    ranked = []
    contributors = top_contributors(evidence, listed, len(candidates))
    for row, score, final, tops in zip(listed, scores, lowered, contributors, strict=True):
        kind, named = ReasonKind.BECAUSE_OF_BOOKS, tuple[int, ...]()
        if tops and tops[0][2]:
            named = tuple(
                [book for weight, book, by_model in tops[: REASONS + 1] if by_model and weight < 0][:REASONS]
            )
        elif tops:
            named = (tops[0][1],)
            shared = authors_of(situation, row) & authors_of(situation, named[0])
            kind = ReasonKind.SAME_AUTHOR if shared else ReasonKind.SAME_SUBJECT
        if by_popularity[row] > score - by_popularity[row]:
            kind = ReasonKind.POPULAR
        ranked.append(RankedBook(row, final, kind, named))
    return ranked


@settings(max_examples=400)
@given(st.lists(situations(), min_size=1, max_size=2))
def test_the_compiled_ranking_equals_the_plain_one_to_the_last_bit(cases: list[Situation]) -> None:
    """Rows, scores and reasons are the same, and independent of earlier rankings."""
    for situation in cases:
        ranker = Ranker(
            *(situation.neighbours, situation.ids, situation.learned, situation.authors, situation.following),
            diversity=situation.diversity,
        )
        for _ in range(2):
            ranked = ranker.rank(
                situation.history,
                situation.preferences,
                allowed=read_only(situation.allowed),
                excluded=situation.excluded,
                popular=situation.popular,
                limit=situation.limit,
                content=situation.content,
            )
            assert ranked == plain(situation)
            scores = [book.score for book in ranked]
            assert scores == sorted(scores, reverse=True)
            assert not ranker._scores.any()


def test_nothing_is_ranked_without_a_history_or_books() -> None:
    """A model without books ranks nothing for an empty history."""
    nothing, no_preferences = read_only(np.empty(0, dtype=np.int32)), np.empty(0, dtype=np.uint8)
    empty = Neighbours(np.zeros(1, dtype=np.int64), nothing, np.empty(0, dtype=np.float32))
    ranker = Ranker(empty, nothing, 0, Authors(nothing, np.zeros(1, dtype=np.int64), nothing), nothing)
    allowed, popular = np.empty(0, dtype=np.bool_), Popular(nothing, nothing, read_only(np.empty(0)))
    ranked = ranker.rank(
        *(nothing, no_preferences), allowed=read_only(allowed), excluded=nothing, popular=popular, limit=10
    )
    assert ranked == []
