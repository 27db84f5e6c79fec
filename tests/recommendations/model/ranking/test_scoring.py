"""Scoring gives the same results as a plain computation."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from recommendations.model.neighbours import Neighbours
from recommendations.model.ranking.scoring import Evidence, best, learned_evidence, top_contributors, totals

# Few distinct weights, exact in binary, so that ties are common and sums do not depend on their order; 0 is absent.
WEIGHTS = [0.0, 0.0, 0.25, 0.5, 1.0, -0.5]


def neighbours_of(matrix: npt.NDArray[np.float32]) -> Neighbours:
    """The rows are books of a history, the columns candidates."""
    sparse = csr_array(matrix)
    return Neighbours(sparse.indptr.astype(np.int64), sparse.indices.astype(np.int32), sparse.data)


Situation = tuple[npt.NDArray[np.float32], list[int], list[float], list[bool], set[int], list[int], int]


@st.composite
def situations(
    draw: st.DrawFn,
) -> Situation:
    """Weights, a history with recency weights, allowed and excluded books, ids and a length."""
    books, later = draw(st.integers(1, 7)), draw(st.integers(0, 2))
    cells = draw(st.lists(st.sampled_from(WEIGHTS), min_size=books * books, max_size=books * books))
    history = draw(st.lists(st.integers(0, books - 1), unique=True))
    recency = draw(st.lists(st.sampled_from([1.0, 0.5, 0.25]), min_size=len(history), max_size=len(history)))
    allowed = draw(st.lists(st.booleans(), min_size=books + later, max_size=books + later))
    without = draw(st.sets(st.integers(0, books + later - 1)))
    ids = draw(st.permutations(range(100, 100 + books + later)))
    matrix = np.array(cells, dtype=np.float32).reshape(books, books)
    return matrix, history, recency, allowed, without, ids, draw(st.integers(1, books + 2))


@given(situations())
def test_scores_and_contributors_equal_a_plain_computation(
    situation: Situation,
) -> None:
    """The best rows by summed weights, ties by id, each with its top contributors."""
    matrix, history, recency, allowed, without, ids, limit = situation
    scores = {row: float(matrix[history, row] @ np.array(recency)) for row in range(len(matrix))}
    expected = sorted(
        (row for row in scores if scores[row] > 0 and allowed[row] and row not in without),
        key=lambda row: (-scores[row], ids[row]),
    )
    evidence = learned_evidence(
        neighbours_of(matrix), np.array(history, dtype=np.int32), np.array(recency, dtype=np.float32)
    )
    rows = np.array([row for row in scores if allowed[row] and row not in without], dtype=np.int32)
    ranking = best(rows, totals(evidence, len(allowed))[rows], np.array(ids, dtype=np.int32), limit)
    assert ranking.rows.tolist() == expected[:limit]
    assert ranking.scores.tolist() == [scores[row] for row in expected[:limit]]
    listed = ranking.rows.tolist()
    for row, ranked in zip(listed, top_contributors(evidence, listed, len(allowed)), strict=True):
        contributors = [
            (-float(matrix[book, row]) * weight, book, True)
            for book, weight in zip(history, recency, strict=True)
            if matrix[book, row]
        ]
        assert ranked == sorted(contributors)


def test_content_scores_and_learned_weights_add_up() -> None:
    """The score is the sum of both, and each contributor is marked as learned or not."""
    learned = Evidence(*columns([5, 6], [1.0, 0.5], [0, 0]), 2)
    evidence = learned.followed_by(Evidence(*columns([5, 7], [2.0, 0.25], [1, 1]), 0))
    assert totals(evidence, 8).tolist() == [0, 0, 0, 0, 0, 3.0, 0.5, 0.25]
    ranked = top_contributors(evidence, [6, 5, 7], 8)
    assert ranked == [[(-0.5, 0, True)], [(-2.0, 1, False), (-1.0, 0, True)], [(-0.25, 1, False)]]


def columns(
    rows: list[int], weights: list[float], books: list[int]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """Columns of evidence."""
    return np.array(rows, dtype=np.int32), np.array(weights), np.array(books, dtype=np.int32)


def test_ties_go_to_the_lowest_id_whatever_the_rows() -> None:
    """If more rows tie than there are places, the ids decide, not the rows."""
    ids = np.array([1, 50, 40, 30, 20], dtype=np.int32)
    assert ids[best(np.arange(1, 5), np.ones(4), ids, 2).rows].tolist() == [20, 30]
