"""What is learned is the formula, the strongest neighbours only."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.sparse import csr_array

from recommendations.domain import Event, InteractionKind
from recommendations.model import item_item
from recommendations.model.item_item import Parameters, fit, liked_matrix
from recommendations.model.neighbours import Neighbours
from recommendations.model.standings import EventColumns, histories_of
from recommendations.model.vocabulary import Vocabulary

Dense = npt.NDArray[np.float64]


def dense(neighbours: Neighbours, books: int) -> Dense:
    """Weights as a matrix: from the book of the history, in rows, to the candidate, in columns."""
    matrix = np.zeros((books, books))
    for known in range(books):
        span = slice(neighbours.indptr[known], neighbours.indptr[known + 1])
        assert (np.diff(neighbours.rows[span]) > 0).all()
        matrix[known, neighbours.rows[span]] = neighbours.weights[span]
    return matrix


def by_the_formula(liked: Dense, parameters: Parameters) -> Dense:
    """S = (D + s)^−a · Xᵀ diag(d_u^−b) X · (D + s)^−c without its diagonal, all of it."""
    damped = np.maximum(liked.sum(axis=1), 1) ** -parameters.reader_damping
    readers = liked.sum(axis=0) + parameters.shrinkage
    together = liked.T @ (damped[:, None] * liked)
    whole = (
        readers[:, None] ** -parameters.known_damping * together * readers[None, :] ** -parameters.candidate_damping
    )
    np.fill_diagonal(whole, 0)
    return np.asarray(whole)


def only_strongest(whole: Dense, most: int) -> Dense:
    """In each column the `most` greatest entries, and zeros."""
    kept = np.zeros_like(whole)
    for candidate in range(whole.shape[1]):
        best = np.argsort(-whole[:, candidate], kind="stable")[:most]
        kept[best, candidate] = whole[best, candidate]
    return kept


matrices = st.tuples(st.integers(1, 8), st.integers(1, 8)).flatmap(
    lambda shape: arrays.arrays(np.float32, shape, elements=st.sampled_from([0.0, 1.0]))
)


@given(matrices, st.integers(1, 8), st.floats(0.5, 20))
def test_fit_equals_the_formula(matrix: npt.NDArray[np.float32], most: int, shrinkage: float) -> None:
    """Each candidate keeps its `most` strongest speakers, with the weights of the dense computation."""
    parameters = Parameters(neighbours=most, shrinkage=shrinkage)
    found = dense(fit(csr_array(matrix), parameters), matrix.shape[1])
    whole = by_the_formula(matrix.astype(np.float64), parameters)
    expected = only_strongest(whole, most)
    # Which of several equally strong speakers is kept is free; how strong they are is not.
    np.testing.assert_allclose(np.sort(found, axis=0), np.sort(expected, axis=0), rtol=1e-4, atol=1e-7)
    assert np.allclose(found[found > 0], whole[found > 0], rtol=1e-4)


def test_fit_keeps_the_strongest_where_none_ties() -> None:
    """With fewer places than neighbours exactly the strongest speakers are kept."""
    random = np.random.default_rng(5)
    matrix = (random.random((60, 25)) < 0.3).astype(np.float64)
    parameters = Parameters(neighbours=3)
    found = dense(fit(csr_array(matrix.astype(np.float32)), parameters), 25)
    assert ((found > 0).sum(axis=0) == 3).all()
    np.testing.assert_allclose(found, only_strongest(by_the_formula(matrix, parameters), 3), rtol=1e-4)


def test_checkerboard() -> None:
    """Even readers like even books and odd ones odd: books speak for those of their own colour, all alike."""
    liked = np.fromfunction(lambda reader, book: (reader + book) % 2 == 0, (6, 6)).astype(np.float32)
    found = dense(fit(csr_array(liked), Parameters(shrinkage=0.0)), 6)
    weight = 3**-0.55 * (3 * 3**-0.4) * 3**-0.25
    expected = np.where(np.fromfunction(lambda known, candidate: (known + candidate) % 2 == 0, (6, 6)), weight, 0.0)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_more_books_than_a_block() -> None:
    """Books beyond the first block have their neighbours too, and the progress reaches the end."""
    books = item_item.BLOCK + 3
    pairs: csr_array[Any, tuple[int, int]] = csr_array(
        np.eye(books, dtype=np.float32)[:-1] + np.eye(books, k=1, dtype=np.float32)[:-1]
    )
    done: list[int] = []
    neighbours = fit(pairs, Parameters(), done.append)
    assert done == [item_item.BLOCK, books]
    assert neighbours.rows[neighbours.indptr[books - 1] : neighbours.indptr[books]].tolist() == [books - 2]
    assert len(neighbours.rows) == 2 * (books - 1)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (2, 3)])
def test_nothing_liked(shape: tuple[int, int]) -> None:
    """Without likings no book has neighbours."""
    neighbours = fit(csr_array(np.zeros(shape, dtype=np.float32)), Parameters())
    assert neighbours.indptr.tolist() == [0] * (shape[1] + 1)
    assert not len(neighbours.rows)


def test_liked_matrix_has_likings_only() -> None:
    """What was waved away or rated badly is not in the matrix, and every reader keeps a row."""
    books = Vocabulary(np.array([4, 5, 6], dtype=np.int32))
    kinds = InteractionKind
    told = [
        Event(1, 1, 4, kinds.VIEW, 0.0),
        Event(2, 1, 6, kinds.PURCHASE, 0.0),
        Event(3, 2, 5, kinds.NOT_INTERESTED, 0.0),
        Event(4, 3, 5, kinds.RATING, 4.0),
        Event(5, 3, 6, kinds.RATING, 2.0),
    ]
    matrix = liked_matrix(histories_of(EventColumns.of([told]), books), len(books))
    assert matrix.toarray().tolist() == [[1, 0, 1], [0, 0, 0], [0, 1, 0]]
