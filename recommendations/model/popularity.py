"""What many readers took up lately: popularity that halves with time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recommendations.domain.interactions import LOWEST_LIKED_RATING, InteractionKind, Preference, preference_after
from recommendations.model.preferences import EventColumns
from recommendations.model.ranking.popular import Popular
from recommendations.model.ranking.stock import Stock
from recommendations.model.vocabulary import ABSENT, Vocabulary

HALF_LIFE_DAYS = 30.0
UNDATED_HALF_LIVES = 6.0
"""An event that nobody dated counts as if it had happened so many half-lives before the model was made."""
SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True)
class Popularity:
    """For each row the sum of its likings, each halved for every half-life by which it is older than `reference`.

    `reference` is in seconds since 1970. Later likings add more than 1 each; the order by these sums is the same
    whatever the time of asking, so that nothing need be recomputed as time passes.
    """

    weights: npt.NDArray[np.float64]
    half_life_days: float
    reference: float

    def weight_of(self, happened: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """How much likings count that happened at these times, NaN for unknown ones."""
        ages = (self.reference - np.asarray(happened, dtype=np.float64)) / (self.half_life_days * SECONDS_A_DAY)
        return np.exp2(-np.where(np.isnan(ages), UNDATED_HALF_LIVES, ages))


def popularity_of(events: EventColumns, books: Vocabulary, *, half_life_days: float, reference: float) -> Popularity:
    """The popularity after all `events`; `reference` should be the time at which the model is made.

    A reader counts once for a book, with the first liking, as LivePopularity counts them too.
    """
    nothing = Popularity(np.zeros(len(books)), half_life_days, reference)
    liking = np.flatnonzero(
        np.isin(events.kinds, _LIKINGS)
        | ((events.kinds == InteractionKind.RATING) & (events.values >= LOWEST_LIKED_RATING))
    )
    pairs = events.readers[liking].astype(np.int64) << 32 | events.books[liking]
    first = liking[np.unique(pairs, return_index=True)[1]]
    weights = np.bincount(
        books.rows(events.books[first]), nothing.weight_of(events.happened[first]), minlength=len(books)
    )
    return Popularity(weights.astype(np.float64), half_life_days, reference)


class Liking(NamedTuple):
    """A book that a reader took to, and when, in seconds since 1970, NaN where nobody knows."""

    book_id: int
    happened: float


class LivePopularity:
    """The popularity of a model, and over it what was liked since it was trained; for one thread.

    A reader who goes back on a liking is not subtracted, and counts again if they come round: nobody remembers when
    they took to the book the first time. The next training sets it right.
    """

    def __init__(self, base: Popularity, readers_of_book: npt.NDArray[np.int32]) -> None:
        self._base = base
        self._readers_of_book = readers_of_book
        self._since: dict[int, tuple[float, int]] = {}

    def add(self, likings: Sequence[Liking]) -> dict[int, tuple[float, int]]:
        """Count further likings; returns for each of their books the weight and the readers that they add."""
        added: dict[int, tuple[float, int]] = {}
        weights = self._base.weight_of([liking.happened for liking in likings])
        for liking, weight in zip(likings, weights.tolist(), strict=True):
            for counted in (added, self._since):
                before, readers = counted.get(liking.book_id, (0.0, 0))
                counted[liking.book_id] = before + weight, readers + 1
        return added

    def moved(self, before: Popular, added: dict[int, tuple[float, int]]) -> Popular:
        """The order after what `add` returned was added."""
        return before.with_added(added) or self.order(before.stock)

    def order(self, stock: Stock) -> Popular:
        """The order of what is on sale as of now."""
        weights, readers = np.zeros(len(stock.ids)), np.zeros(len(stock.ids), dtype=np.int32)
        weights[: stock.learned] = self._base.weights
        readers[: stock.learned] = self._readers_of_book
        rows = stock.rows(np.fromiter(self._since, dtype=np.int32, count=len(self._since)))
        for row, (weight, further) in zip(rows.tolist(), self._since.values(), strict=True):
            if row != ABSENT:
                weights[row] += weight
                readers[row] += further
        return Popular.sorted(stock, weights, readers)


_LIKINGS = [
    kind
    for kind in InteractionKind
    if kind is not InteractionKind.RATING and preference_after(Preference.NONE, kind, 0.0) & Preference.LIKED
]
