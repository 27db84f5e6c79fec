"""Popularity: the number of likes, decaying exponentially with their age; and how much it counts in scores."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommendations.domain.books import Book
from recommendations.domain.interactions import LOWEST_LIKED_RATING, InteractionKind, Preference, preference_after
from recommendations.model.preferences import EventColumns
from recommendations.model.vocabulary import Rows, Vocabulary

HALF_LIFE_DAYS = 30.0
UNDATED_HALF_LIVES = 6.0
"""The assumed age, in half-lives, of an event without a date."""
LASTING = 2.0**-10
"""What is left of a like, however old: where nothing happened lately, all likes ever decide."""
MOST_DOUBLINGS = 500.0
"""The weight of likes long after the training is bounded, so that sums of them are finite."""
SECONDS_A_DAY = 86_400.0
MOST_POPULAR = 20
"""Popularity is relative to the mean of this many books, as many as a list may have."""


@dataclass(frozen=True)
class Popularity:
    """For each row, the sum of its likes, each halved for every half-life by which it is older than `reference`.

    `reference` is in seconds since 1970; later likes add more than 1 each. As all weights decay at the same rate, the
    order does not change as time passes, and nothing is recomputed; only the small LASTING part does not decay.
    """

    weights: npt.NDArray[np.float64]
    half_life_days: float
    reference: float

    def weight_of(self, happened: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The weights of likes at these times; NaN is an unknown time."""
        ages = (self.reference - np.asarray(happened, dtype=np.float64)) / (self.half_life_days * SECONDS_A_DAY)
        ages = np.maximum(np.where(np.isnan(ages), UNDATED_HALF_LIVES, ages), -MOST_DOUBLINGS)
        weights: npt.NDArray[np.float64] = np.exp2(-ages) + LASTING
        return weights


@dataclass(frozen=True)
class Prior:
    """How much popularity adds to a reader's scores.

    For a reader who likes n books it is weight · n^growth, times the popularity of the book relative to that of the
    most popular ones. A reader who likes nothing has no other scores, and gets the order of popularity.
    """

    weight: float = 0.0
    growth: float = 0.0

    def weights(self, liked: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
        """The weights for readers who like these numbers of books, at least 1 each."""
        weights: npt.NDArray[np.float32] = (self.weight * liked.astype(np.float64) ** self.growth).astype(np.float32)
        return weights


NO_PRIOR = Prior()


def liked_elsewhere(books: Iterable[Book], vocabulary: Vocabulary) -> npt.NDArray[np.float64]:
    """About how many readers elsewhere like each book, relative as in `relative`; 0 where the catalogue does not say.

    Of the ratings of a book on a scale from 1 to 5, the share (average − 1) / 4 is taken for likes.
    """
    likes = np.zeros(len(vocabulary))
    for book in books:
        if book.ratings_count:
            share = (max(book.average_rating, 1.0) - 1) / 4 if book.average_rating else 0.5
            likes[vocabulary.row(book.id)] = book.ratings_count * share
    return relative(likes)


def with_elsewhere(
    likes: npt.NDArray[np.float64], elsewhere: npt.NDArray[np.float64], weight: float
) -> npt.NDArray[np.float64]:
    """The popularity here and elsewhere; `elsewhere` is relative, and counts `weight` times."""
    return likes + weight * (level(likes) or 1.0) * elsewhere


def relative(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Popularity relative to the mean of the MOST_POPULAR greatest; zeros stay zeros."""
    unit = level(weights)
    return weights / unit if unit > 0 else weights


def level(weights: npt.NDArray[np.float64]) -> float:
    """The mean of the MOST_POPULAR greatest weights; 0 if there are none."""
    if len(weights) > MOST_POPULAR:
        weights = np.partition(weights, len(weights) - MOST_POPULAR)[-MOST_POPULAR:]
    return float(weights.mean()) if len(weights) else 0.0


@dataclass(frozen=True)
class FirstLikes:
    """The row of a book, and when, in seconds since 1970 or NaN, for every first like of a book by a reader.

    Each reader counts once for a book, as in ranking.live_popularity.
    """

    rows: Rows
    happened: npt.NDArray[np.float64]
    books: int

    @classmethod
    def of(cls, events: EventColumns, books: Vocabulary) -> "FirstLikes":
        """Those among all events."""
        likes = np.flatnonzero(
            np.isin(events.kinds, _LIKING_KINDS)
            | ((events.kinds == InteractionKind.RATING) & (events.values >= LOWEST_LIKED_RATING))
        )
        pairs = events.readers[likes].astype(np.int64) << 32 | events.books[likes]
        first = likes[np.unique(pairs, return_index=True)[1]]
        return cls(books.rows(events.books[first]), events.happened[first], len(books))

    def popularity(self, *, half_life_days: float, reference: float) -> Popularity:
        """The popularity with this half-life; `reference` should be the time of the training."""
        nothing = Popularity(np.zeros(self.books), half_life_days, reference)
        weights = np.bincount(self.rows, nothing.weight_of(self.happened), minlength=self.books)
        return Popularity(weights.astype(np.float64), half_life_days, reference)


_LIKING_KINDS = [
    kind
    for kind in InteractionKind
    if kind is not InteractionKind.RATING and preference_after(Preference.NONE, kind, 0.0) & Preference.LIKED
]
