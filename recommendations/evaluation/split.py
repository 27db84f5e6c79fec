"""Splits of interactions into a training part and a test part."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommendations.evaluation.interactions import Interactions, pair_keys
from recommendations.model.learning.holdout import SHARE, first_fifth, random_keys

LogPropensity = Callable[[int, np.random.Generator], npt.NDArray[np.float64]]
"""The logarithms of the propensities with which that many books are held out."""


class CannotSplit(Exception):
    """The interactions cannot be split this way; the message says why."""


@dataclass(frozen=True)
class Split:
    """The two parts; `undated` interactions, without a time, are in neither."""

    training: Interactions
    test: Interactions
    undated: int = 0


def split(interactions: Interactions, name: str, seed: int) -> Split:
    """Split by a name of `SPLITS`; `seed` is that of random splits. Raises CannotSplit."""
    if name == "temporal":
        return temporal_split(interactions)
    return {"random": random_split, "drift": drift_split}[name](interactions, seed)


def default_split(interactions: Interactions) -> str:
    """The name of the split to use by default: temporal if most interactions have a time, else random."""
    return "temporal" if 2 * np.count_nonzero(interactions.dated) > len(interactions) else "random"


def random_split(interactions: Interactions, seed: int) -> Split:
    """Hold out a random fifth of each reader's books, with all interactions with them."""
    return _split_books(interactions, seed, lambda books, _rng: np.zeros(books))


def drift_split(interactions: Interactions, seed: int) -> Split:
    """Hold out a fifth drawn with a propensity exp(z) a book, z ~ N(0, 1), so that some books lie in the future."""
    return _split_books(interactions, seed, lambda books, rng: rng.standard_normal(books))


def temporal_split(interactions: Interactions) -> Split:
    """Hold out the last fifth by time, cut at one moment for all readers, so that training sees no later event.

    Events of one moment stay together, which may make it more or less than a fifth. Those without a time are left
    out: they may be later than the books they would help to predict. Raises CannotSplit unless there are two moments.
    """
    dated = interactions.where(interactions.dated)
    undated = len(interactions) - len(dated)
    moments, counts = np.unique(dated.times, return_counts=True)
    if len(moments) < 2:  # noqa: PLR2004  (one for each part)
        raise CannotSplit("there are not two different times to split between; choose another split")
    after = len(dated) - np.cumsum(counts[:-1])
    cut = moments[np.argmin(np.abs(after - SHARE * len(dated)))]
    late = dated.times > cut
    return Split(training=dated.where(~late), test=dated.where(late), undated=undated)


def _split_books(interactions: Interactions, seed: int, log_propensity: LogPropensity) -> Split:
    # Drawn from the sorted pairs, so that the order of rows in a file does not matter.
    pairs, place_of = np.unique(pair_keys(interactions.readers, interactions.books), return_inverse=True)
    books, row_of = np.unique(pairs & 0xFFFFFFFF, return_inverse=True)
    rng = np.random.default_rng(seed)
    propensity = np.exp(log_propensity(len(books), rng))
    _, counts = np.unique(pairs >> 32, return_counts=True)
    held_out = first_fifth(counts, random_keys(propensity[row_of], rng))
    late = held_out[place_of]
    return Split(training=interactions.where(~late), test=interactions.where(late))
