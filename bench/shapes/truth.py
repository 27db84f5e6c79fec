"""What is drawn once for a shop and hidden from the models: weights of books and tastes of readers."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from bench.shapes.shape import FAVOURITES, MAIN, Shape
from recommendations.domain.interactions import LOWEST_LIKED_RATING

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.signedinteger[Any]]

WEEK = 7
NONE = -1
"""The next volume of a book that has none."""

_YEAR = 365


@dataclass(frozen=True)
class Truth:
    """The hidden side of a shop; readers and books are rows from 0, and time is in weeks since the first day.

    `mixtures` (2 × readers × groups) are how readers draw books at first and if their taste has changed completely,
    each row with the sum 1: the group 0 has the books for everybody, then one group for each taste, and the last one
    is for bots. `weights` (weeks × groups × books) are φ, the distribution of each group's books; a constant shape
    has one week. `membership` is tastes × books, `born` are the days on which books come out, and `next_volume` is a
    row or NONE.
    """

    shape: Shape
    mixtures: Floats
    weights: Floats
    membership: Floats
    main_tastes: Ints
    born: Floats
    next_volume: Ints

    @classmethod
    def draw(cls, shape: Shape, rng: np.random.Generator) -> "Truth":
        """Draw books and readers. Raises ValueError if a taste has no book on the first day."""
        series = np.arange(shape.books) // shape.volumes
        volume = np.arange(shape.books) % shape.volumes
        # Each taste is the main one of equally many series.
        main = (rng.permutation(series[-1] + 1) % shape.tastes)[series]
        second = (main + rng.integers(1, shape.tastes, size=shape.books)[series]) % shape.tastes
        membership = np.zeros((shape.tastes, shape.books))
        membership[main, np.arange(shape.books)] = MAIN
        membership[second, np.arange(shape.books)] = 1 - MAIN
        born = rng.random(shape.books) - (rng.random(shape.books) >= shape.arriving)
        born = born[np.lexsort((born, series))] * shape.days
        places = 1 + rng.permutation(shape.books).astype(np.float64)
        base = places**-shape.zipf * np.where(volume > 0, 1 - shape.in_order, 1.0)
        following = np.where(np.append(series[1:], NONE) == series, np.arange(shape.books) + 1, NONE)
        return cls(
            shape,
            mixtures=_mixtures(shape, rng),
            weights=_weights(shape, base, membership, born, rng),
            membership=membership,
            main_tastes=main,
            born=born,
            next_volume=following,
        )

    @property
    def readers(self) -> int:
        """The number of readers, bots included."""
        return self.shape.readers + self.shape.bots

    def weeks(self, days: Floats) -> Ints:
        """The weeks of these days since the first one; all 0 in a constant shape."""
        return np.zeros(len(days), dtype=np.int64) if self.shape.is_constant else (days // WEEK).astype(np.int64)

    def changed(self, weeks: Ints) -> Floats:
        """c, how far tastes have changed by these weeks."""
        share: Floats = self.shape.change * weeks * WEEK / self.shape.days
        return share

    def is_out(self, weeks: Ints, books: Ints) -> npt.NDArray[np.bool_]:
        """Whether these books are out in these weeks; always in a constant shape."""
        return self.shape.is_constant | (self.born[books] <= weeks * WEEK)

    def discovery(self, readers: Ints, visits: Floats) -> Floats:
        """The expected number of draws of each book, readers × books, by step 3 as if no book were known.

        `visits` has the number of draws in each week, readers × weeks.
        """
        weeks = np.flatnonzero(visits.any(axis=0))
        changed = self.changed(weeks)[:, None]
        at_first, at_last = self.mixtures[:, readers, None, :]
        coefficients = visits[:, weeks, None] * ((1 - changed) * at_first + changed * at_last)
        expected: Floats = coefficients.reshape(len(readers), -1) @ self.weights[weeks].reshape(-1, self.shape.books)
        return expected

    def mean_rating(self, readers: Ints, books: Ints, weeks: Ints) -> Floats:
        """The expected rating before rounding; the arguments are broadcast against each other."""
        at_first, at_last = self.mixtures[:, readers, 1 : self.shape.tastes + 1] > 0
        changed = self.changed(weeks)[..., None]
        fit = (((1 - changed) * at_first + changed * at_last) * self.membership.T[books]).sum(axis=-1)
        mean: Floats = self.shape.stars + self.shape.opinion * fit
        return mean

    def liked(self, readers: Ints, books: Ints, weeks: Ints) -> Floats:
        """The probability that a reader of a book likes it, 1 without ratings; broadcast like `mean_rating`."""
        if not self.shape.ratings:
            return np.ones(np.broadcast_shapes(readers.shape, books.shape, weeks.shape))
        # Ratings are rounded.
        probability: Floats = ndtr(self.mean_rating(readers, books, weeks) - (LOWEST_LIKED_RATING - 0.5))
        return probability


def _mixtures(shape: Shape, rng: np.random.Generator) -> Floats:
    groups = shape.tastes + 2
    mixtures = np.zeros((2, shape.readers + shape.bots, groups))
    favourites = rng.random((2, shape.readers, shape.tastes)).argsort(axis=2)[:, :, :FAVOURITES]
    shares = rng.exponential(size=favourites.shape)
    shares *= shape.loyalty / shares.sum(axis=2, keepdims=True)
    np.put_along_axis(mixtures[:, : shape.readers], 1 + favourites, shares, axis=2)
    mixtures[:, : shape.readers, 0] = 1 - shape.loyalty
    mixtures[:, shape.readers :, -1] = 1
    return mixtures


def _weights(shape: Shape, base: Floats, membership: Floats, born: Floats, rng: np.random.Generator) -> Floats:
    """φ in each week, weeks × groups × books."""
    days = np.zeros(1) if shape.is_constant else np.arange(0.0, shape.days, WEEK)
    age = days[:, None] - born
    heights = rng.uniform(0, _YEAR, shape.books)
    wanted = base * np.exp(shape.season * np.cos(2 * np.pi * (days[:, None] - heights) / _YEAR))
    if shape.half_life is not None:
        wanted *= np.exp2(-age / shape.half_life)
    if not shape.is_constant:
        wanted *= age >= 0
    groups = np.concatenate([np.ones((1, shape.books)), membership])
    weights = np.concatenate([wanted[:, None] * groups, np.ones((len(days), 1, shape.books))], axis=1)
    sums = weights.sum(axis=2, keepdims=True)
    if not sums.all():
        raise ValueError("there is a week in which all books of a taste are still to come: too few books")
    weights /= sums
    return weights
