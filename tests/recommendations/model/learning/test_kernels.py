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


def listed(
    readers: dense.Rows,
    contributions: Floats,
    decay: Floats,
    evaluated: list[int],
    room: int,
    *,
    start: int = 0,
    popularity: Floats | None = None,
    priors: Floats | None = None,
) -> list[list[int]]:
    """The lists of these readers, without padding; without `priors`, popularity does not count."""
    books = len(contributions)
    liked, sparse = dense.matrix(readers, books), csr_array(contributions)
    popularity = np.ones(books, dtype=np.float32) if popularity is None else popularity
    priors = np.zeros(len(evaluated), dtype=np.float32) if priors is None else priors
    order = np.argsort(-popularity, kind="stable")[: np.count_nonzero(popularity)].astype(np.int32)
    tops = np.full((len(evaluated), room), -1, dtype=np.int32)
    kernel: Callable[..., None] = kernels.top_lists
    matrices: list[Any] = [
        liked.indptr.astype(np.int64),
        liked.indices,
        sparse.indptr.astype(np.int64),
        sparse.indices,
    ]
    kernel(
        *(*matrices, sparse.data, decay, order, popularity, priors),
        *(np.array(evaluated, dtype=np.int32), start, len(evaluated), tops),
    )
    lists = [[row for row in top if row >= 0] for top in tops.tolist()]
    assert tops.tolist() == [ranked + [-1] * (room - len(ranked)) for ranked in lists]
    return lists


@given(st.data())
def test_lists_are_those_of_a_plain_ranking(data: st.DataObject) -> None:
    """The best sums above 0 of unread books, recent books weighing most, ties going to the lower row.

    Weights and popularity are either few and exact in binary, so that ties are common, or arbitrary. The sums are in
    single precision, as the weights are.
    """
    readers = data.draw(dense.rows(BOOKS, least=1))
    rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    coarse = data.draw(st.booleans())

    def numbers(values: tuple[float, ...], *shape: int) -> Floats:
        drawn = rng.choice(values, shape)
        return (drawn if coarse else drawn * rng.random(shape)).astype(np.float32)

    contributions = numbers((0.0, *WEIGHTS, -0.5), BOOKS, BOOKS)
    decay = numbers(WEIGHTS, data.draw(st.integers(1, 3)))
    popularity = numbers(data.draw(st.sampled_from([(0.0,), (0.0, *WEIGHTS), (1.0,)])), BOOKS)
    evaluated = rng.permutation(len(readers)).tolist()
    priors = numbers((0.0, 0.5, 1.0, 4.0), len(readers))
    room = data.draw(st.integers(1, BOOKS))
    start = len(evaluated) // 3
    found = listed(
        *(readers, contributions, decay, evaluated, room), start=start, popularity=popularity, priors=priors
    )
    for position, reader in enumerate(evaluated):
        history = readers[reader]
        scores = np.zeros(BOOKS, dtype=np.float32)
        for book, age in zip(history, reversed(range(len(history))), strict=True):
            scores += contributions[book] * decay[min(age, len(decay) - 1)]
        scores += priors[position] * popularity
        new = [row for row in range(BOOKS) if scores[row] > 0 and row not in history]
        best = sorted(new, key=lambda row: (-scores[row], row))[:room]
        assert found[position] == (best if position >= start else [])


def test_popularity_by_hand() -> None:
    """It adds to the scores of neighbours, and lists further books in its order, but not the reader's own."""
    contributions = np.zeros((6, 6), dtype=np.float32)
    contributions[0, [1, 2]] = 1.0, 0.25
    popularity = floats(1, 0, 0.25, 0.5, 0.75, 0)

    def of(*priors: float, room: int = 6) -> list[list[int]]:
        readers = [[0]] * len(priors)
        evaluated = list(range(len(priors)))
        return listed(
            *(readers, contributions, floats(1), evaluated, room), popularity=popularity, priors=floats(*priors)
        )

    assert of(0.0, 0.1, 1.0, 4.0) == [[1, 2], [1, 2, 4, 3], [1, 4, 2, 3], [4, 3, 2, 1]]
    assert of(0.0, 0.1, 1.0, 4.0, room=1) == [[1], [1], [1], [4]]
    assert of(1.0, room=2) == [[1, 4]]


@pytest.mark.parametrize("room", [1, 2, 3, 5])
def test_ties_go_to_the_lower_row(room: int) -> None:
    """This holds in any order of the rows, in lists with and without room for all of them."""
    contributions = np.zeros((8, 8), dtype=np.float32)
    contributions[0, 6], contributions[1, [3, 7]], contributions[2, [4, 5]] = 1, 1, 1
    assert listed([[0, 1, 2]], contributions, floats(1), [0], room) == [[3, 4, 5, 6, 7][:room]]
    # Also if popularity makes up for what a score lacks.
    contributions[0, 6], popularity = 0.5, floats(0, 0, 0, 0, 0, 1, 0.5, 0)
    contributions[2, 5] = 0
    popular = listed([[0, 1, 2]], contributions, floats(1), [0], room, popularity=popularity, priors=floats(1))
    assert popular == [[3, 4, 5, 6, 7][:room]]


def test_weights_that_cancel_out() -> None:
    """Sums that repeatedly become 0 do not write outside the arrays."""
    books = 16
    contributions = np.zeros((books, books), dtype=np.float32)
    contributions[:8:2, 8:], contributions[1:8:2, 8:] = 1, -1
    liked, sparse = dense.matrix([[*range(8)]], books), csr_array(contributions)
    tops = np.full((1, 3), -1, dtype=np.int32)
    # Not compiled, so that writing outside an array is noticed.
    interpreted: Callable[..., None] = kernels.top_lists.py_func
    none, one = np.empty(0, dtype=np.int32), np.zeros(1, dtype=np.int32)
    interpreted(
        *(liked.indptr, liked.indices, sparse.indptr, sparse.indices, sparse.data),
        *(floats(1), none, np.zeros(books, dtype=np.float32), floats(0), one, 0, 1, tops),
    )
    assert tops.tolist() == [[-1, -1, -1]]


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


def test_one_history_does_not_affect_the_next() -> None:
    """A book in one reader's history is listed for the next reader as usual."""
    contributions = np.zeros((4, 4), dtype=np.float32)
    contributions[0, 3] = 0.5
    assert listed([[3], [0]], contributions, floats(1), [0, 1, 0, 1], 2) == [[], [3], [], [3]]
    # Nor do popular books of one list, nor those among a reader's own.
    popularity, priors = floats(0.25, 0, 1, 2), floats(1, 1, 0, 1)
    lists = listed(*([[3], [0]], contributions, floats(1), [0, 1, 1, 0], 2), popularity=popularity, priors=priors)
    assert lists == [[2, 0], [3, 2], [3], [2, 0]]
