"""The compiled lists are those of a plain ranking."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from recommendations.model.learning import kernels
from tests.recommendations.model.learning import dense

BOOKS = 6


WEIGHTS = (0.25, 0.5, 1.0)


Floats = npt.NDArray[np.float32]


def floats(*values: float) -> Floats:
    return np.array(values, dtype=np.float32)


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


def test_one_history_does_not_affect_the_next() -> None:
    """A book in one reader's history is listed for the next reader as usual."""
    contributions = np.zeros((4, 4), dtype=np.float32)
    contributions[0, 3] = 0.5
    assert listed([[3], [0]], contributions, floats(1), [0, 1, 0, 1], 2) == [[], [3], [], [3]]
    # Nor do popular books of one list, nor those among a reader's own.
    popularity, priors = floats(0.25, 0, 1, 2), floats(1, 1, 0, 1)
    lists = listed(*([[3], [0]], contributions, floats(1), [0, 1, 1, 0], 2), popularity=popularity, priors=priors)
    assert lists == [[2, 0], [3, 2], [3], [2, 0]]
