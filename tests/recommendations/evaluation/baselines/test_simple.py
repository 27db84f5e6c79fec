"""The baselines popularity and random."""

from collections import Counter

import numpy as np

from recommendations.evaluation.baselines.simple import train_popularity, train_random
from tests.recommendations.evaluation.histories import task

READERS = np.array([1, 2, 9], dtype=np.int32)


def test_popularity_ranks_by_likes() -> None:
    """Two readers like 3, one each likes 2 and 4, and nobody 1 or 5; known books are left out."""
    popularity = train_popularity(
        task({1: [3, 2], 2: [3, 4, 1]}, {1: [4]}, books=5, k=3, liked={1: [3, 2], 2: [3, 4]}),
    )
    assert popularity(READERS) == [[4, 1, 5], [2, 5], [3, 2, 4]]


def test_popularity_counts_likes_and_not_readers() -> None:
    """A book that three readers know but none likes comes after one that a single reader likes."""
    popularity = train_popularity(task({1: [1], 2: [1], 3: [1, 2]}, {}, books=2, liked={3: [2]}))
    assert popularity(READERS[2:]) == [[2, 1]]


def test_random_lists_leave_out_known_books() -> None:
    """Lists are as long as possible, without repetitions and known books."""
    (ranked,) = train_random(task({1: range(1, 8)}, {}, books=10, k=3))(READERS[:1])
    assert sorted(ranked) == [8, 9, 10]
    (longer,) = train_random(task({1: range(1, 8)}, {}, books=9, k=3))(READERS[:1])
    assert sorted(longer) == [8, 9]


def test_random_lists_depend_only_on_the_seed_and_the_reader() -> None:
    """The same seed gives the same lists in any chunks; another seed or reader gives other lists."""
    first = task({1: [1]}, {}, books=1000, k=10)
    second = task({1: [1]}, {}, books=1000, k=10, seed=8)
    together = train_random(first)(READERS)
    assert [train_random(first)(READERS[i : i + 1])[0] for i in range(3)] == together
    assert together[0] != together[1]
    assert train_random(second)(READERS) != together


def test_random_lists_are_uniform() -> None:
    """Over 3,000 readers each of six books comes first about 500 times, a standard deviation being 20."""
    readers = np.arange(1, 3001, dtype=np.int32)
    lists = train_random(task({}, {}, books=6, k=2))(readers)
    first = Counter(ranked[0] for ranked in lists)
    assert set(first) == {1, 2, 3, 4, 5, 6}
    assert all(abs(count - 500) < 100 for count in first.values())
