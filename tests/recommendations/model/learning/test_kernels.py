"""The compiled loops give the same results as plain computations."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csr_array

from recommendations.model.learning import kernels, local_ease
from tests.recommendations.model.learning import dense

BOOKS = 6
# Exact in binary, so that ties are common and sums do not depend on their order.
WEIGHTS = (0.25, 0.5, 1.0)

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


def floats(*values: float) -> Floats:
    return np.array(values, dtype=np.float32)


def pairs(
    readers: dense.Rows, weights: Floats, priority: Floats, *, room: int, ordered: int, step: int
) -> tuple[Ints, Floats, Floats, Floats]:
    """Rows, strengths, precedence and diagonal, computed `step` books at a time."""
    books = len(priority)
    liked = dense.matrix(readers, books)
    transposed, places = local_ease._by_book(liked, ordered=ordered)
    rows, diagonal = np.full((books, room), -1, dtype=np.int32), np.full(books, np.nan, dtype=np.float32)
    strengths, precedence = np.zeros((2, books, room), dtype=np.float32)
    matrices: list[Any] = [
        liked.indptr.astype(np.int64),
        liked.indices,
        transposed.indptr.astype(np.int64),
        transposed.indices,
    ]
    kernel: Callable[..., None] = kernels.strongest_pairs
    for start in range(0, books, step):
        inputs = [*matrices, places, weights, priority, start, min(start + step, books)]
        kernel(*inputs, rows, strengths, precedence, diagonal)
    return rows, strengths, precedence, diagonal


@given(st.data())
def test_pairs_are_those_of_a_dense_matrix(data: st.DataObject) -> None:
    """Strengths, precedence and diagonal are exact, and of each row the best by priority are kept, none twice."""
    readers = data.draw(dense.rows(BOOKS))
    weights = floats(*data.draw(st.lists(st.sampled_from(WEIGHTS), min_size=len(readers), max_size=len(readers))))
    priority = floats(*data.draw(st.lists(st.sampled_from(WEIGHTS), min_size=BOOKS, max_size=BOOKS)))
    room, ordered = data.draw(st.integers(1, BOOKS)), data.draw(st.integers(0, len(readers)))
    together, expected = dense.together(readers, weights.tolist(), BOOKS, ordered=ordered)
    rows, strengths, precedence, diagonal = pairs(
        readers, weights, priority, room=room, ordered=ordered, step=data.draw(st.integers(1, BOOKS))
    )
    assert diagonal.tolist() == together.diagonal().tolist()
    for book in range(BOOKS):
        kept = [row for row in rows[book].tolist() if row >= 0]
        others = [other for other in range(BOOKS) if other != book and together[book, other] > 0]
        assert rows[book].tolist() == kept + [-1] * (room - len(kept))
        assert strengths[book].tolist() == [*together[book, kept], *[0.0] * (room - len(kept))]
        assert precedence[book].tolist() == [*expected[book, kept], *[0.0] * (room - len(kept))]
        assert len({*kept} & {*others}) == len(kept) == min(room, len(others))
        worth = together[book] * priority
        assert sorted(worth[kept].tolist()) == sorted(worth[others].tolist())[len(others) - len(kept) :]


def test_precedence_follows_the_reading_order() -> None:
    """Two readers read 0 before 1, one reads 1 first, and a feature has no order."""
    rows, strengths, precedence, diagonal = pairs(
        [[0, 1], [0, 1], [1, 0], [0, 1]], floats(1, 1, 0.5, 0.25), floats(1, 1), room=3, ordered=3, step=2
    )
    assert rows.tolist() == [[1, -1, -1], [0, -1, -1]]
    assert strengths[:, 0].tolist() == [2.75, 2.75]
    assert precedence[:, 0].tolist() == [-1.5, 1.5]
    assert diagonal.tolist() == [2.75, 2.75]


def test_sums_over_a_great_many_readers_are_accurate() -> None:
    """Adding up the weights of a hundred thousand readers in single precision loses no accuracy."""
    count = 100_000
    lengths = np.random.default_rng(0).integers(2, 300, count) ** -0.4
    _, strengths, precedence, diagonal = pairs(
        [[0, 1]] * count, lengths.astype(np.float32), floats(1, 1), room=1, ordered=count, step=2
    )
    assert [*strengths[:, 0], *diagonal] == pytest.approx([lengths.sum()] * 4, rel=1e-4)
    assert precedence[1, 0] == pytest.approx(lengths.sum(), rel=1e-4)


@given(
    hnp.arrays(np.float32, st.integers(1, 30), elements=st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0, 3.5])),
    st.integers(1, 30),
)
def test_the_greatest_are_kept(scores: Floats, room: int) -> None:
    """Exactly `room` scores are kept, even with ties, and none is smaller than any that is left out."""
    kept = kernels._greatest(scores, room)
    assert len({*kept.tolist()}) == len(kept) == min(room, len(scores))
    assert sorted(scores[kept].tolist()) == sorted(scores.tolist())[len(scores) - len(kept) :]


def solved(
    strengths: npt.NDArray[np.float64], wanted: Floats, penalty: Floats, priority: Floats, room: int
) -> tuple[Ints, Floats]:
    """Rows and weights for a symmetric matrix whose zeros are pairs not kept, two candidates at a time."""
    books = len(strengths)
    diagonal = strengths.diagonal().astype(np.float32)
    sparse = csr_array(np.where(np.eye(books), 0, strengths)).astype(np.float32)
    rows, weights = np.full((books, room), -1, dtype=np.int32), np.zeros((books, room), dtype=np.float32)
    held = wanted[sparse.nonzero()]
    matrix: list[Any] = [sparse.indptr.astype(np.int64), sparse.indices.astype(np.int32), sparse.data, held, diagonal]
    kernel: Callable[..., None] = kernels.regressions
    for start in range(0, books, 2):
        kernel(*matrix, priority, penalty, start, min(start + 2, books), rows, weights)
    return rows, weights


@pytest.mark.slow
@pytest.mark.parametrize("books", [12, 200], ids=["short rows", "long rows"])
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000), room=st.integers(1, 12))
def test_regressions_are_solved(books: int, seed: int, room: int) -> None:
    """Weights solve the system of the kept neighbours, with 0 for pairs that were not kept."""
    rng = np.random.default_rng(seed)
    kept = np.triu(rng.random((books, books)) < 0.7, 1)
    strengths = np.where(kept, rng.uniform(0.1, 2, (books, books)), 0)
    strengths += strengths.T
    # Diagonally dominant, so that every subsystem is positive definite.
    strengths += np.diag(strengths.sum(axis=1) + 1)
    wanted = (strengths * rng.uniform(0.5, 1.5, (books, books))).astype(np.float32)
    penalty, priority = (rng.uniform(0.1, 1, (2, books))).astype(np.float32)
    rows, weights = solved(strengths, wanted, penalty, priority, room)
    for book in range(books):
        held = [other for other in range(books) if other != book and strengths[book, other] > 0]
        known = [row for row in rows[book].tolist() if row >= 0]
        best = sorted(held, key=lambda other: -wanted[book, other] * priority[other])[:room]
        assert sorted(known) == sorted(best)
        assert rows[book, len(known) :].tolist() == [-1] * (room - len(known))
        expected = np.linalg.solve(strengths[np.ix_(known, known)] + np.diag(penalty[known]), wanted[book, known])
        assert weights[book, : len(known)] == pytest.approx(expected, rel=1e-3, abs=1e-5)


def test_pairs_not_kept_cannot_blow_up_weights() -> None:
    """If the matrix is indefinite some books are excluded, and the weights of the others solve the rest."""
    books, penalty = 60, 50.0
    kept = np.triu(np.random.default_rng(5).random((books, books)) < 0.6, 1)
    strengths = 1000.0 * (kept + kept.T + np.eye(books))
    assert np.linalg.eigvalsh(strengths + penalty * np.eye(books))[0] < -1000
    equal = np.ones(books, dtype=np.float32)
    rows, weights = solved(strengths, strengths.astype(np.float32), np.float32(penalty) * equal, equal, 20)
    for book in range(books):
        counted = np.abs(weights[book]) > 1e-9
        known = rows[book, counted]
        assert 0 < len(known) < 20
        expected = np.linalg.solve(
            strengths[np.ix_(known, known)] + penalty * np.eye(len(known)), strengths[book, known]
        )
        assert weights[book, counted] == pytest.approx(expected, rel=1e-2, abs=1e-3)


def test_a_pivot_below_the_bound_excludes_the_book() -> None:
    """Of two neighbours that share more readers than either has the later one is excluded; with fewer it is not."""
    priority, penalty = np.ones(3, dtype=np.float32), np.full(3, 2.0, dtype=np.float32)
    for shared, left_out in ((11.5, True), (11.4, False)):
        # 12 − shared² / 12 is below 1, half of the penalty, or not.
        strengths = np.array([[10, shared, 3], [shared, 10, 3], [3, 3, 10]])
        rows, weights = solved(strengths, strengths.astype(np.float32), penalty, priority, 2)
        assert rows[2].tolist() == [0, 1]
        expected = [3 / 12, 0] if left_out else [3 / (12 + shared)] * 2
        assert weights[2] == pytest.approx(expected, rel=1e-4, abs=1e-9)
