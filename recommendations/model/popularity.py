"""Popularity: the number of likes, decaying exponentially with their age."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommendations.domain.interactions import LOWEST_LIKED_RATING, InteractionKind, Preference, preference_after
from recommendations.model.preferences import EventColumns
from recommendations.model.vocabulary import Vocabulary

HALF_LIFE_DAYS = 30.0
UNDATED_HALF_LIVES = 6.0
"""The assumed age, in half-lives, of an event without a date."""
SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True)
class Popularity:
    """For each row, the sum of its likes, each halved for every half-life by which it is older than `reference`.

    `reference` is in seconds since 1970; later likes add more than 1 each. As all weights decay at the same rate, the
    order never changes as time passes, and nothing is recomputed.
    """

    weights: npt.NDArray[np.float64]
    half_life_days: float
    reference: float

    def weight_of(self, happened: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The weights of likes at these times; NaN is an unknown time."""
        ages = (self.reference - np.asarray(happened, dtype=np.float64)) / (self.half_life_days * SECONDS_A_DAY)
        return np.exp2(-np.where(np.isnan(ages), UNDATED_HALF_LIVES, ages))


def popularity_of(events: EventColumns, books: Vocabulary, *, half_life_days: float, reference: float) -> Popularity:
    """The popularity after all events; `reference` should be the time of the training.

    Each reader counts once for a book, at their first like, as in ranking.live_popularity.
    """
    nothing = Popularity(np.zeros(len(books)), half_life_days, reference)
    likes = np.flatnonzero(
        np.isin(events.kinds, _LIKING_KINDS)
        | ((events.kinds == InteractionKind.RATING) & (events.values >= LOWEST_LIKED_RATING))
    )
    pairs = events.readers[likes].astype(np.int64) << 32 | events.books[likes]
    first = likes[np.unique(pairs, return_index=True)[1]]
    weights = np.bincount(
        books.rows(events.books[first]), nothing.weight_of(events.happened[first]), minlength=len(books)
    )
    return Popularity(weights.astype(np.float64), half_life_days, reference)


_LIKING_KINDS = [
    kind
    for kind in InteractionKind
    if kind is not InteractionKind.RATING and preference_after(Preference.NONE, kind, 0.0) & Preference.LIKED
]
