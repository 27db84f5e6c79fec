"""Splits: complete, reproducible, about a fifth, with drift, or by time."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.interactions import Interaction, InteractionKind
from recommendations.evaluation.interactions import Interactions
from recommendations.evaluation.split import (
    CannotSplit,
    Split,
    default_split,
    drift_split,
    random_split,
    split,
    temporal_split,
)
from tests.recommendations.evaluation.histories import bought, did, interactions

BY_CHANCE = pytest.mark.parametrize("random_kind", [random_split, drift_split])
Splitting = Callable[[Interactions, int], Split]

PAIRS = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 9)), max_size=40)
MOMENTS = st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=40)


def histories(*lengths: int) -> Interactions:
    """Readers 1, 2, … with these numbers of books."""
    return bought({reader: range(1, length + 1) for reader, length in enumerate(lengths, 1)})


def stamped(history: Interactions) -> list[tuple[float, ...]]:
    """The interactions as rows with their values, in their order."""
    return [(*row, value) for row, value in zip(rows(history), history.values.tolist(), strict=True)]


def rows(history: Interactions) -> list[tuple[int, ...]]:
    """The interactions as rows, in their order."""
    return list(zip(history.readers.tolist(), history.books.tolist(), history.kinds.tolist(), strict=True))


@BY_CHANCE
@given(pairs=PAIRS, seed=st.integers(0, 3))
def test_every_interaction_is_in_one_part(random_kind: Splitting, pairs: list[tuple[int, int]], seed: int) -> None:
    """Nothing is lost or added, and both interactions with a book are in the same part."""
    history = interactions(*(did(*pair) for pair in pairs))
    parts = random_kind(history, seed)
    assert sorted(rows(parts.training) + rows(parts.test)) == sorted(rows(history))
    assert not set(rows(parts.training)) & set(rows(parts.test))
    assert parts.undated == 0


STAMPED = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 6), st.none() | st.integers(0, 5), st.integers(1, 9)), max_size=40
)


@BY_CHANCE
@given(drawn=STAMPED, seed=st.integers(0, 3))
def test_training_has_neither_times_nor_order(
    random_kind: Splitting, drawn: list[tuple[int, int, int | None, int]], seed: int
) -> None:
    """Training has no times, but of each reader and book the interactions are in order; the test part is as it was.

    Both parts together have all interactions, each with its kind and value.
    """
    history = interactions(
        *(did(reader, book, InteractionKind.RATING, value / 2, at=at) for reader, book, at, value in drawn)
    )
    parts = random_kind(history, seed)
    assert np.isnan(parts.training.times).all()
    assert Counter(stamped(parts.training) + stamped(parts.test)) == Counter(stamped(history))
    held_out = {row[:2] for row in rows(parts.test)}
    timed = list(zip(stamped(history), history.times.tolist(), strict=True))
    later = list(zip(stamped(parts.test), parts.test.times.tolist(), strict=True))
    assert repr(later) == repr([row for row in timed if row[0][:2] in held_out])
    for pair in {row[:2] for row in rows(parts.training)}:
        of_pair = [(row, -1.0 if np.isnan(at) else at) for row, at in timed if row[:2] == pair]
        # Undated ones first; those of the same moment in the order of the file.
        expected = [row for row, _ in sorted(of_pair, key=lambda row: row[1])]
        assert [row for row in stamped(parts.training) if row[:2] == pair] == expected


@BY_CHANCE
def test_the_order_of_books_is_drawn(random_kind: Splitting) -> None:
    """In training, a reader's books are in random order, which depends only on the seed."""
    history = interactions(*(did(reader, book, at=book) for reader in range(1, 20) for book in range(1, 21)))
    first, again, other = (random_kind(history, seed).training for seed in (7, 7, 8))
    assert rows(first) == rows(again)
    ascends = [
        float((np.diff(part.books[part.readers == reader]) > 0).mean())
        for part in (first, other)
        for reader in range(1, 20)
    ]
    assert 0.4 < np.mean(ascends) < 0.6
    assert np.abs(np.corrcoef(first.books, np.arange(len(first)))[0, 1]) < 0.15


@BY_CHANCE
@pytest.mark.parametrize("dated", [False, True])
def test_the_rating_that_counts_stays_the_same(random_kind: Splitting, dated: bool) -> None:
    """Of several ratings of a book the latest counts in training too, although their times are unknown there."""

    def rated(value: float, at: int) -> list[Interaction]:
        return [
            did(reader, book, InteractionKind.RATING, value if reader % 2 else 6 - value, at=at if dated else None)
            for reader in range(1, 9)
            for book in range(1, 6)
        ]

    earlier, later = rated(5.0, 1), rated(1.0, 2)
    history = interactions(*later, *earlier) if dated else interactions(*earlier, *later)
    _, liked = random_kind(history, 7).training.known_and_liked()
    readers, _ = liked.pairs()
    assert Counter(readers.tolist()) == {2: 4, 4: 4, 6: 4, 8: 4}


@BY_CHANCE
def test_a_fifth_of_each_reader_is_held_out(random_kind: Splitting) -> None:
    """A rounded fifth of each reader's books is held out; none of one or two."""
    test = random_kind(histories(1, 2, 3, 4, 10, 33), 7).test
    assert Counter(test.readers.tolist()) == {3: 1, 4: 1, 5: 2, 6: 7}


@BY_CHANCE
def test_random_splits_depend_on_the_seed(random_kind: Splitting) -> None:
    """The same seed gives the same split, another seed another one."""
    history = histories(*[20] * 20)
    assert rows(random_kind(history, 7).test) == rows(random_kind(history, 7).test)
    assert rows(random_kind(history, 7).test) != rows(random_kind(history, 8).test)


@BY_CHANCE
def test_the_order_of_rows_does_not_matter(random_kind: Splitting) -> None:
    """A shuffled file has the same split."""
    history = histories(10, 20, 30)
    shuffled = [did(reader, book) for reader, book, _ in rows(history)]
    np.random.default_rng(0).shuffle(shuffled)
    assert sorted(rows(random_kind(interactions(*shuffled), 7).test)) == sorted(rows(random_kind(history, 7).test))


@BY_CHANCE
def test_a_book_is_held_out_with_all_its_interactions(random_kind: Splitting) -> None:
    """If a viewed and later bought book is held out, so is the view."""
    twice = [did(1, book, kind) for kind in (InteractionKind.VIEW, InteractionKind.PURCHASE) for book in range(1, 11)]
    parts = random_kind(interactions(*twice), 7)
    assert Counter(Counter(parts.test.books.tolist()).values()) == {2: 2}


@BY_CHANCE
def test_great_ids_need_no_extra_memory(random_kind: Splitting) -> None:
    """No array is indexed by id."""
    assert len(random_kind(bought({1: [999_999_999, 5, 999_999_998, 3, 1]}), 7).test) == 1


def spread(parts: Split) -> float:
    """How unevenly books are held out: the standard deviation of their counts."""
    return float(np.bincount(parts.test.books, minlength=51)[1:].std())


def test_drift_holds_some_books_out_far_more_often() -> None:
    """A random split holds out each book of 400 readers about 80 ± 8 times; drift varies far more."""
    history = histories(*[50] * 400)
    assert spread(random_split(history, 7)) < 12
    assert spread(drift_split(history, 7)) > 30


@given(moments=MOMENTS)
def test_training_has_no_later_event(moments: list[int | None]) -> None:
    """All training events are before all test events, and nothing is lost."""
    history = interactions(*(did(i % 3 + 1, i + 1, at=at) for i, at in enumerate(moments)))
    dated = [at for at in moments if at is not None]
    if len(set(dated)) < 2:
        with pytest.raises(CannotSplit, match="two different times"):
            temporal_split(history)
        return
    parts = temporal_split(history)
    assert parts.training.times.max() < parts.test.times.min()
    assert sorted([*parts.training.times, *parts.test.times]) == sorted(dated)
    assert parts.undated == len(moments) - len(dated)
    possible = [sum(at > cut for at in dated) for cut in sorted(set(dated))[:-1]]
    assert abs(len(parts.test) - len(dated) / 5) == min(abs(size - len(dated) / 5) for size in possible)


def test_the_last_fifth_is_held_out() -> None:
    """The two latest of ten events are held out, in any order, even if one reader has both."""
    history = interactions(*(did(1 if at > 7 else 2, at, at=at) for at in (10, 1, 9, 2, 8, 3, 7, 4, 6, 5)))
    assert temporal_split(history).test.times.tolist() == [10, 9]
    assert temporal_split(history).training.times.tolist() == [1, 2, 8, 3, 7, 4, 6, 5]


def test_the_default_split_depends_on_the_data() -> None:
    """Temporal if most interactions have a time, else random."""
    dated, undated = did(1, 1, at=1), did(1, 2)
    assert default_split(interactions(dated, dated, undated)) == "temporal"
    assert default_split(interactions(dated, undated)) == "random"
    assert default_split(interactions(undated)) == "random"


def test_splits_by_name() -> None:
    """Each name selects its split, and random splits use the seed."""
    history = interactions(*(did(reader, book, at=book) for reader in range(1, 30) for book in range(1, 11)))
    assert rows(split(history, "random", 3).test) == rows(random_split(history, 3).test)
    assert (
        rows(split(history, "drift", 3).test)
        == rows(drift_split(history, 3).test)
        != rows(random_split(history, 3).test)
    )
    assert rows(split(history, "temporal", 3).test) == rows(temporal_split(history).test)
