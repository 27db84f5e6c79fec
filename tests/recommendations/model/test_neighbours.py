"""How the books of a history fade."""

import numpy as np
import pytest

from recommendations.model.neighbours import Neighbours

EMPTY = np.empty(0, dtype=np.int32)


@pytest.mark.parametrize(
    ("books", "faded"),
    [(0, []), (1, [1.0]), (2, [0.5, 1.0]), (5, [0.25, 0.25, 0.25, 0.5, 1.0])],
)
def test_the_latest_book_counts_most(books: int, faded: list[float]) -> None:
    """The last book counts as the first of `fading`, and those beyond its end like the last of it."""
    fading = np.array([1, 0.5, 0.25], dtype=np.float32)
    neighbours = Neighbours(np.zeros(1, dtype=np.int64), EMPTY, EMPTY.astype(np.float32), fading)
    assert neighbours.recency_weights(books).tolist() == faded


def test_unless_said_nothing_fades() -> None:
    """Neighbours alone mean that all books of a history count alike."""
    neighbours = Neighbours(np.zeros(1, dtype=np.int64), EMPTY, EMPTY.astype(np.float32))
    assert neighbours.recency_weights(3).tolist() == [1, 1, 1]
