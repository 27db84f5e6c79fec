"""Hold-outs: complete, the same for a seed, a fifth of each reader, and drifting where they should."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from bench.split import Pairs, Split, drift_split, random_split

SPLITS = pytest.mark.parametrize("split", [random_split, drift_split])
Splitting = Callable[[Pairs, int], Split]


def histories(*lengths: int) -> Pairs:
    """Readers 1, 2, … with so many books each, their rows shuffled."""
    rows = [(reader, book) for reader, length in enumerate(lengths, 1) for book in range(1, length + 1)]
    table = np.random.default_rng(0).permutation(np.array(rows, dtype=np.int32))
    return Pairs(table[:, 0], table[:, 1])


def as_set(pairs: Pairs) -> set[tuple[int, int]]:
    """The pairs without their order."""
    return set(zip(pairs.readers.tolist(), pairs.books.tolist(), strict=True))


@SPLITS
def test_every_pair_is_on_one_side(split: Splitting) -> None:
    """Nothing is lost, and nothing that is asked for was learned."""
    pairs = histories(4, 10, 33)
    parts = split(pairs, 7)
    assert as_set(parts.training) | as_set(parts.test) == as_set(pairs)
    assert not as_set(parts.training) & as_set(parts.test)
    assert len(parts.training) + len(parts.test) == len(pairs)


@SPLITS
def test_a_fifth_of_each_reader_is_held_out(split: Splitting) -> None:
    """A fifth, rounded, of each reader's books; who has one or two keeps them."""
    test = split(histories(1, 2, 3, 4, 10, 33), 7).test
    assert Counter(test.readers.tolist()) == {3: 1, 4: 1, 5: 2, 6: 7}


@SPLITS
def test_the_seed_decides(split: Splitting) -> None:
    """The same seed gives the same split, another one another."""
    pairs = histories(*[20] * 20)
    assert as_set(split(pairs, 7).test) == as_set(split(pairs, 7).test)
    assert as_set(split(pairs, 7).test) != as_set(split(pairs, 8).test)


def spread(split: Split) -> float:
    """How unevenly books are held out: the standard deviation of their counts."""
    return float(np.bincount(split.test.books, minlength=51)[1:].std())


def test_drift_holds_some_books_out_far_more_often() -> None:
    """By chance a book of 400 readers' is held out some 80 times ± 8; propensities spread that widely."""
    pairs = histories(*[50] * 400)
    assert spread(random_split(pairs, 7)) < 12
    assert spread(drift_split(pairs, 7)) > 30


def test_books_by_reader() -> None:
    """Each reader gets their own books, in whatever order the rows come."""
    pairs = Pairs(np.array([2, 1, 2], dtype=np.int32), np.array([5, 6, 7], dtype=np.int32))
    assert pairs.by_reader() == {1: [6], 2: [5, 7]}
