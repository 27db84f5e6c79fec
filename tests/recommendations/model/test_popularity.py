"""Popularity, which decays with time."""

from math import nan

import numpy as np

from recommendations.domain.interactions import Event, InteractionKind
from recommendations.model.popularity import SECONDS_A_DAY, Popularity, popularity_of
from recommendations.model.preferences import EventColumns
from recommendations.model.vocabulary import Vocabulary

K = InteractionKind
NOW = 1_790_000_000.0
DAY = SECONDS_A_DAY
BOOKS = Vocabulary(np.array([1, 2, 3], dtype=np.int32))


def popularity(*events: Event) -> Popularity:
    """The popularity of three books after these events, halving in ten days."""
    return popularity_of(EventColumns.of([list(events)]), BOOKS, half_life_days=10, reference=NOW)


def test_likes_decay_with_time() -> None:
    """A like now counts 1, one a half-life ago counts half, a later one more, and an undated one little."""
    weights = popularity(
        Event(1, 1, 1, K.CLICK, 0.0, NOW),
        Event(2, 2, 1, K.PURCHASE, 0.0, NOW - 10 * DAY),
        Event(3, 1, 2, K.VIEW, 0.0, NOW + 10 * DAY),
        Event(4, 1, 3, K.CART, 0.0, nan),
    ).weights
    assert weights.tolist() == [1.5, 2.0, 2**-6]


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
    assert weights.tolist() == [0.5, 0.0, 1.0]
