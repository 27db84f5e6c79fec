"""Popularity, which decays with time, and how much it counts."""

from itertools import pairwise
from math import nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recommendations.domain.books import Book
from recommendations.domain.interactions import Event, InteractionKind
from recommendations.model.popularity import (
    LASTING,
    MOST_POPULAR,
    NO_PRIOR,
    SECONDS_A_DAY,
    FirstLikes,
    Popularity,
    Prior,
    level,
    liked_elsewhere,
    relative,
    with_elsewhere,
)
from recommendations.model.preferences import EventColumns
from recommendations.model.vocabulary import Vocabulary

K = InteractionKind
NOW = 1_790_000_000.0
DAY = SECONDS_A_DAY
BOOKS = Vocabulary(np.array([1, 2, 3], dtype=np.int32))


def popularity(*events: Event) -> Popularity:
    """The popularity of three books after these events, halving in ten days."""
    return FirstLikes.of(EventColumns.of([list(events)]), BOOKS).popularity(half_life_days=10, reference=NOW)


def test_likes_decay_with_time() -> None:
    """A like now counts 1, one a half-life ago counts half, a later one more, and an undated one little.

    A small part of each like lasts.
    """
    weights = popularity(
        Event(1, 1, 1, K.CLICK, 0.0, NOW),
        Event(2, 2, 1, K.PURCHASE, 0.0, NOW - 10 * DAY),
        Event(3, 1, 2, K.VIEW, 0.0, NOW + 10 * DAY),
        Event(4, 1, 3, K.CART, 0.0, nan),
    ).weights
    assert weights.tolist() == [1.5 + 2 * LASTING, 2.0 + LASTING, 2**-6 + LASTING]


def test_each_reader_counts_once_and_only_likes_count() -> None:
    """Low ratings, dismissals, impressions and repeated likes of the same reader and book add nothing."""
    weights = popularity(
        Event(1, 1, 1, K.VIEW, 0.0, NOW - 10 * DAY),
        Event(2, 1, 1, K.PURCHASE, 0.0, NOW),
        Event(3, 1, 2, K.RATING, 2.5, NOW),
        Event(4, 2, 2, K.NOT_INTERESTED, 0.0, NOW),
        Event(5, 3, 2, K.SHOWN, 0.0, NOW),
        Event(6, 4, 3, K.RATING, 3.0, NOW),
    ).weights
    assert weights.tolist() == [0.5 + LASTING, 0.0, 1.0 + LASTING]


def test_where_nothing_happened_lately_all_likes_decide() -> None:
    """Decades after the last like, books are in the order of their likes ever, and one recent like outweighs them."""
    likes = [Event(n, n, 1 if n % 3 else 2, K.CLICK, 0.0, NOW - (9_000 + n) * DAY) for n in range(1, 60)]
    old = popularity(*likes)
    assert np.isfinite(old.weights).all()
    assert old.weights.tolist() == pytest.approx([40 * LASTING, 19 * LASTING, 0])
    assert relative(old.weights).tolist() == pytest.approx([3 * 40 / 59, 3 * 19 / 59, 0])
    fresh = popularity(*likes, Event(99, 99, 3, K.CLICK, 0.0, NOW)).weights
    assert np.argmax(fresh) == 2
    assert fresh[:2].tolist() == old.weights[:2].tolist()


@given(st.lists(st.floats(-1e12, 1e12), min_size=1), st.sampled_from([0.01, 1.0, 30.0, 3650.0]))
def test_weights_are_finite_and_grow_with_time(moments: list[float], half_life_days: float) -> None:
    """At any distance from the training, also the sum of very many likes; an undated like counts as an old one."""
    moments.sort()
    weights = Popularity(np.empty(0), half_life_days, NOW).weight_of([*moments, nan])
    assert np.isfinite(weights * 2.0**31).all()
    assert (weights >= LASTING).all()
    assert all(before <= after for before, after in pairwise(weights[:-1].tolist()))
    assert weights[-1] == 2**-6 + LASTING


@given(hnp.arrays(np.float64, st.integers(0, 60), elements=st.sampled_from([0.0, 1e-3, 0.5, 1.0, 7.0, 1e150])))
def test_popularity_is_relative_to_the_most_popular_books(
    weights: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    """Their mean is 1, one book has at most as many as there are of them, and the order and zeros stay."""
    popularity = relative(weights)
    greatest = sorted(weights.tolist(), reverse=True)[:MOST_POPULAR]
    assert level(weights) == pytest.approx(sum(greatest) / max(len(greatest), 1))
    assert np.isfinite(popularity).all()
    assert ((popularity > 0) <= (weights > 0)).all()
    assert (np.diff(popularity[np.argsort(weights)]) >= 0).all()
    if weights.any():
        assert np.sort(popularity)[-MOST_POPULAR:].mean() == pytest.approx(1)
        assert popularity.max() <= MOST_POPULAR * (1 + 1e-9)


def test_the_level_is_of_a_list_of_books() -> None:
    """The mean of the greatest weights, however many others there are."""
    assert level(np.array([])) == level(np.zeros(30)) == 0
    assert level(np.array([4.0, 0.0, 2.0])) == 2
    assert level(np.concatenate([np.zeros(1000), np.full(MOST_POPULAR, 3.0), np.ones(1000)])) == 3


@pytest.mark.parametrize(
    ("prior", "weights"),
    [
        (NO_PRIOR, [0, 0, 0]),
        (Prior(0.5), [0.5, 0.5, 0.5]),
        (Prior(0.5, 0.5), [0.5, 1, 2]),
        (Prior(0.5, 1.0), [0.5, 2, 8]),
    ],
)
def test_the_weight_grows_with_the_number_of_books(prior: Prior, weights: list[float]) -> None:
    """By a power of it; without growth it is the same for all readers."""
    assert prior.weights(np.array([1, 4, 16])).tolist() == weights


@given(st.floats(0, 10), st.floats(0, 1))
def test_the_weight_changes_gradually(weight: float, growth: float) -> None:
    """With each further book by at most the ratio of the numbers of books."""
    weights = Prior(weight, growth).weights(np.arange(1, 200)).astype(np.float64)
    ratios = np.arange(2, 200) / np.arange(1, 199)
    assert (np.diff(weights) >= 0).all()
    assert (weights[1:] <= weights[:-1] * ratios * (1 + 1e-5) + 1e-40).all()


def test_likes_elsewhere() -> None:
    """About the share of ratings that like the book; of unrated averages half, and nothing without ratings."""
    books = [
        Book(id=1, title="", ratings_count=100, average_rating=5.0),
        Book(id=2, title="", ratings_count=100, average_rating=3.0),
        Book(id=3, title="", ratings_count=100),
    ]
    likes = liked_elsewhere(books, BOOKS)
    assert likes.tolist() == pytest.approx([1.5, 0.75, 0.75])
    assert liked_elsewhere([Book(id=2, title="", average_rating=4.0)], BOOKS).tolist() == [0, 0, 0]
    assert liked_elsewhere([], BOOKS).tolist() == [0, 0, 0]


def test_popularity_elsewhere_is_added() -> None:
    """In units of the most popular books here; where nobody has read anything yet, it decides alone."""
    here, elsewhere = np.array([4.0, 2.0, 0.0]), np.array([0.0, 1.0, 2.0])
    assert with_elsewhere(here, elsewhere, 0.0).tolist() == here.tolist()
    assert with_elsewhere(here, elsewhere, 0.5).tolist() == [4, 3, 2]
    assert with_elsewhere(np.zeros(3), elsewhere, 0.5).tolist() == [0, 0.5, 1]
