"""The recency weights of a history."""

import numpy as np
import pytest

from recommendations.model.neighbours import Neighbours

EMPTY = np.empty(0, dtype=np.int32)


@pytest.mark.parametrize(
    ("books", "weights"),
    [(0, []), (1, [1.0]), (2, [0.5, 1.0]), (5, [0.25, 0.25, 0.25, 0.5, 1.0])],
)
def test_the_latest_book_counts_most(books: int, weights: list[float]) -> None:
    """The latest book has the first weight of `decay`, and books beyond its end have the last."""
    decay = np.array([1, 0.5, 0.25], dtype=np.float32)
    neighbours = Neighbours(np.zeros(1, dtype=np.int64), EMPTY, EMPTY.astype(np.float32), decay)
    assert neighbours.recency_weights(books).tolist() == weights


def test_by_default_nothing_decays() -> None:
    """All books of a history have the same weight by default."""
    neighbours = Neighbours(np.zeros(1, dtype=np.int64), EMPTY, EMPTY.astype(np.float32))
    assert neighbours.recency_weights(3).tolist() == [1, 1, 1]
