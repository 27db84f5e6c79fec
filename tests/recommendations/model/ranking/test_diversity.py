"""Diversity keeps one author from filling a list."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.model.ranking.diversity import Authors, diversified, scores_by_position
from recommendations.model.ranking.name_index import NameIndex
from recommendations.model.vocabulary import ABSENT

AUTHORS = 4


def authors_of(books: Sequence[Sequence[int]]) -> Authors:
    """The authors of each row; books without authors are not in the catalogue."""
    index = NameIndex.empty().updated(
        np.arange(len(books) + 1, dtype=np.int32),
        [("Nobody else",), *(tuple(map(str, authors)) for authors in books)],
    )
    catalogue_rows = np.array(
        [row if authors else ABSENT for row, authors in enumerate(books, start=1)], dtype=np.int32
    )
    return Authors.of(index, catalogue_rows)


@st.composite
def pools(draw: st.DrawFn) -> tuple[list[float], list[list[int]]]:
    """Descending scores with ties, and the authors of each book."""
    scores = sorted(draw(st.lists(st.sampled_from([0.0, 0.5, 0.7, 1.0, 2.0]), max_size=9)), reverse=True)
    authors = [draw(st.lists(st.integers(0, AUTHORS - 1), max_size=2, unique=True)) for _ in scores]
    return scores, authors


@given(
    pools(),
    st.lists(st.lists(st.integers(0, AUTHORS - 1), max_size=2, unique=True), max_size=3),
    st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    st.integers(0, 10),
)
def test_greedy_choice(
    pool: tuple[list[float], list[list[int]]], listed: list[list[int]], diversity: float, limit: int
) -> None:
    """Each place goes to the book with the highest score after the penalty for earlier books of its author.

    That score is the book's in the list, and scores fall along it.
    """
    scores, authors = pool
    counts = Counter(chain.from_iterable(listed))
    left = list(range(len(scores)))
    expected: list[int] = []
    worths: list[float] = []
    while left and len(expected) < limit:

        def worth(position: int) -> float:
            repeated: int = max((counts[author] for author in authors[position]), default=0)
            return scores[position] * (1 - diversity) ** repeated

        best = max(left, key=lambda position: (worth(position), -position))
        expected.append(best)
        worths.append(worth(best))
        left.remove(best)
        counts.update(authors[best])
    # The rows of the candidates are in descending order.
    known = authors_of([*listed, *authors[::-1]])
    last = len(listed) + len(scores) - 1
    rows = [last - position for position in range(len(scores))]
    positions, lowered = diversified(scores, rows, known, diversity=diversity, limit=limit, listed=range(len(listed)))
    assert positions == expected
    assert lowered == pytest.approx(worths)
    assert lowered == sorted(lowered, reverse=True)


def test_without_diversity_or_authors_the_order_stays() -> None:
    """Without diversity, or if no authors are known, the order stays."""
    for authors, diversity in (([[1], [1], [1]], 0.0), ([[], [], []], 1.0)):
        found = diversified([3, 2, 1], [0, 1, 2], authors_of(authors), diversity=diversity, limit=2)
        assert found == ([0, 1], [3.0, 2.0])


def test_the_scores_that_decided() -> None:
    """The score of a further book of an author is lowered, once more for each book of the author before."""
    authors = authors_of([[1], [1], [2], [1]])
    assert diversified([8, 6, 5, 4], [0, 1, 2, 3], authors, diversity=0.5, limit=4) == ([0, 2, 1, 3], [8, 5, 3, 1])
    assert diversified([8, 6, 5, 4], [0, 1, 2, 3], authors, diversity=0.5, limit=2, listed=[3]) == ([2, 0], [5, 4])


def test_scores_fall_with_the_position() -> None:
    """Scores are strictly descending from 1."""
    scores = scores_by_position(5)
    assert scores[0] == 1
    assert scores == sorted(set(scores), reverse=True)
    assert scores_by_position(0) == []
