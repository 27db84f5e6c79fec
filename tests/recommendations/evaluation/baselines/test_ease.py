"""EASE equals its closed form, and ranks what the weights say."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommendations.evaluation.baselines import ease
from recommendations.evaluation.baselines.ease import train_ease, weights
from tests.recommendations.evaluation.histories import task

REGULARISATION = {"regularisation": 2.0}


def liked(readers: int, books: int, seed: int = 1) -> csr_matrix:
    """Random likes, some books with many and some with few."""
    rng = np.random.default_rng(seed)
    likes = rng.random((readers, books)) < np.linspace(0.02, 0.5, books)
    return csr_matrix(likes.astype(np.float32))


@pytest.mark.parametrize("regularisation", [1.0, 30.0, 1000.0])
@pytest.mark.parametrize("block", [1, 7, 256])
def test_it_is_the_closed_form(regularisation: float, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each book the weights are the ridge regression on all others, solved here one by one in 64 bits."""
    monkeypatch.setattr(ease, "BLOCK", block)
    matrix = liked(200, 30)
    dense = matrix.toarray().astype(np.float64)
    expected = np.zeros((30, 30))
    for book in range(30):
        others = np.delete(np.arange(30), book)
        gram = dense[:, others].T @ dense[:, others] + regularisation * np.eye(29)
        expected[others, book] = np.linalg.solve(gram, dense[:, others].T @ dense[:, book])
    found = weights(matrix, regularisation)
    assert found.dtype == np.float32
    assert np.diag(found).tolist() == [0] * 30
    np.testing.assert_allclose(found, expected, atol=2e-6)
    assert np.abs(expected).max() > 0.01


def test_two_books_by_hand() -> None:
    """Two of three readers of a also like b: (XᵀX)ab / ((XᵀX)aa + λ) is the weight of a for b, and vice versa."""
    matrix = csr_matrix(np.array([[1, 1], [1, 1], [1, 0]], dtype=np.float32))
    np.testing.assert_allclose(weights(matrix, 1.0), [[0, 2 / 4], [2 / 3, 0]], rtol=1e-6)


def test_too_little_regularisation_is_an_error() -> None:
    """Two books with the same readers have no inverse without regularisation."""
    matrix = csr_matrix(np.ones((3, 2), dtype=np.float32))
    with pytest.raises(np.linalg.LinAlgError, match="regularisation 0 is too small"):
        weights(matrix, 0.0)


KNOWN = {1: [1, 2, 3], 2: [1, 2, 3], 3: [1, 2], 4: [5, 6], 5: [5, 6], 6: [5]}


def test_readers_get_what_similar_readers_like() -> None:
    """Reader 3 lacks book 3, and reader 6 book 6; known books are not in lists, nor books that nobody likes."""
    ranked = train_ease(task(KNOWN, {}, books=9, k=2), REGULARISATION)(np.array([3, 6], dtype=np.int32))
    assert [of_reader[0] for of_reader in ranked] == [3, 6]
    assert ranked[0][1] in {5, 6}
    everything = train_ease(task(KNOWN, {}, books=9, k=9), REGULARISATION)(np.array([3], dtype=np.int32))
    assert sorted(everything[0]) == [3, 5, 6]


def test_known_books_that_are_not_liked_are_not_listed() -> None:
    """Reader 3 knows book 3 without liking it."""
    known = {**KNOWN, 3: [1, 2, 3]}
    ranked = train_ease(task(known, {}, books=9, k=9, liked=KNOWN), REGULARISATION)(np.array([3], dtype=np.int32))
    assert sorted(ranked[0]) == [5, 6]


def test_a_reader_who_likes_nothing_gets_nothing() -> None:
    """The lists of others are in the right positions; without any likes there is no model, and no error."""
    ranker = train_ease(task(KNOWN, {}, books=9, k=1), REGULARISATION)
    assert ranker(np.array([9, 3], dtype=np.int32)) == [[], [3]]
    assert ranker(np.array([9], dtype=np.int32)) == [[]]
    nothing = train_ease(task({1: [1]}, {}, books=3, liked={}), REGULARISATION)
    assert nothing(np.array([1], dtype=np.int32)) == [[]]


def test_the_best_of_equal_scores_are_the_first() -> None:
    """Scores are sorted, and positions of −∞ are left out."""
    scores = np.array([1, 3, -np.inf, 3, 2], dtype=np.float32)
    assert ease._best(scores, 3).tolist() == [1, 3, 4]
    assert ease._best(scores, 9).tolist() == [1, 3, 4, 0]
