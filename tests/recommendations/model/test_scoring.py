"""Ranking against a plain computation of the same."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from recommendations.model.neighbours import Neighbours
from recommendations.model.scoring import REASONS, rank

# Few distinct weights, exact in binary, so that ties are common and sums do not depend on their order; 0 is absent.
WEIGHTS = [0.0, 0.0, 0.25, 0.5, 1.0]


def neighbours_of(matrix: npt.NDArray[np.float32]) -> Neighbours:
    """The rows speak for the columns."""
    sparse = csr_array(matrix)
    return Neighbours(sparse.indptr.astype(np.int64), sparse.indices.astype(np.int32), sparse.data)


Situation = tuple[npt.NDArray[np.float32], list[int], list[bool], set[int], list[int], int]


@st.composite
def situations(
    draw: st.DrawFn,
) -> Situation:
    """Weights, a history, what is on the shelf (later books included) and left out, ids and a length."""
    books, later = draw(st.integers(1, 7)), draw(st.integers(0, 2))
    cells = draw(st.lists(st.sampled_from(WEIGHTS), min_size=books * books, max_size=books * books))
    history = sorted(draw(st.sets(st.integers(0, books - 1))))
    on_shelf = draw(st.lists(st.booleans(), min_size=books + later, max_size=books + later))
    without = draw(st.sets(st.integers(0, books + later - 1)))
    ids = draw(st.permutations(range(100, 100 + books + later)))
    matrix = np.array(cells, dtype=np.float32).reshape(books, books)
    return matrix, history, on_shelf, without, ids, draw(st.integers(1, books + 2))


@given(situations())
def test_rank_equals_a_plain_computation(
    situation: Situation,
) -> None:
    """The best rows left by their summed weights, ties by id, each with its strongest speakers."""
    matrix, history, on_shelf, without, ids, most = situation
    scores = {row: float(matrix[history, row].sum()) for row in range(len(matrix))}
    best = sorted(
        (row for row in scores if scores[row] > 0 and on_shelf[row] and row not in without),
        key=lambda row: (-scores[row], ids[row]),
    )
    ranking = rank(
        neighbours_of(matrix),
        np.array(history, dtype=np.int32),
        on_shelf=np.array(on_shelf),
        without=np.array(sorted(without), dtype=np.int32),
        ids=np.array(ids, dtype=np.int32),
        most=most,
    )
    assert ranking.rows.tolist() == best[:most]
    assert ranking.scores.tolist() == [scores[row] for row in best[:most]]
    for row, because in zip(best, ranking.because, strict=False):
        speakers = sorted((known for known in history if matrix[known, row]), key=lambda known: -matrix[known, row])
        assert because == speakers[:REASONS]


def test_ties_go_to_the_lowest_id_whatever_the_rows() -> None:
    """Where more rows tie than there are places, ids decide and not the numbering."""
    matrix = np.zeros((5, 5), dtype=np.float32)
    matrix[0, 1:] = 1.0
    ids = np.array([1, 50, 40, 30, 20], dtype=np.int32)
    ranking = rank(
        neighbours_of(matrix),
        np.array([0], dtype=np.int32),
        on_shelf=np.ones(5, dtype=np.bool_),
        without=np.empty(0, dtype=np.int32),
        ids=ids,
        most=2,
    )
    assert ids[ranking.rows].tolist() == [20, 30]
