"""Hold-outs: what a model learns from, and what it must foresee."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommendations.evaluation.interactions import Interactions
from recommendations.evaluation.reader_books import pair_keys
from recommendations.model.learning.holdout import SHARE, first_fifth, random_keys

LogPropensity = Callable[[int, np.random.Generator], npt.NDArray[np.float64]]
"""The logarithm of how readily each of so many books is held out."""


class CannotSplit(Exception):
    """The interactions cannot be split this way; the message says why."""


@dataclass(frozen=True)
class Split:
    """What is learned from and what is held out; `undated` interactions without a time are in neither."""

    training: Interactions
    test: Interactions
    undated: int = 0


def split(interactions: Interactions, name: str, seed: int) -> Split:
    """Split by a name of `SPLITS`; the seed decides where chance does. Raises CannotSplit."""
    if name == "temporal":
        return temporal_split(interactions)
    return {"random": random_split, "drift": drift_split}[name](interactions, seed)


def fitting_split(interactions: Interactions) -> str:
    """The name of the split that suits these interactions: temporal where most of them have a time, else random."""
    return "temporal" if 2 * np.count_nonzero(interactions.dated) > len(interactions) else "random"


def random_split(interactions: Interactions, seed: int) -> Split:
    """Hold out a random fifth of each reader's books, with all that the reader did with them."""
    return _split_books(interactions, seed, lambda books, _rng: np.zeros(books))


def drift_split(interactions: Interactions, seed: int) -> Split:
    """Hold out a fifth drawn with a propensity exp(z) a book, z ~ N(0, 1), so that some books lie in the future."""
    return _split_books(interactions, seed, lambda books, rng: rng.standard_normal(books))


def temporal_split(interactions: Interactions) -> Split:
    """Hold out the last fifth by time, cut at one moment for all readers: no later event is ever learned from.

    Events of one moment stay together, so that the fifth is as near as they allow. Those without a time are left
    out: they may have happened later than what they would help to foresee. Raises CannotSplit where there are not
    two moments.
    """
    dated = interactions.where(interactions.dated)
    undated = len(interactions) - len(dated)
    moments, counts = np.unique(dated.times, return_counts=True)
    if len(moments) < 2:  # noqa: PLR2004  (one to learn from and one to foresee)
        raise CannotSplit("there are not two different times to split between; choose another split")
    after = len(dated) - np.cumsum(counts[:-1])
    cut = moments[np.argmin(np.abs(after - SHARE * len(dated)))]
    late = dated.times > cut
    return Split(training=dated.where(~late), test=dated.where(late), undated=undated)


def _split_books(interactions: Interactions, seed: int, log_propensity: LogPropensity) -> Split:
    # Drawn from the sorted pairs, so that the order of a file's rows decides nothing.
    pairs, place_of = np.unique(pair_keys(interactions.readers, interactions.books), return_inverse=True)
    books, row_of = np.unique(pairs & 0xFFFFFFFF, return_inverse=True)
    rng = np.random.default_rng(seed)
    propensity = np.exp(log_propensity(len(books), rng))
    _, counts = np.unique(pairs >> 32, return_counts=True)
    held_out = first_fifth(counts, random_keys(propensity[row_of], rng))
    late = held_out[place_of]
    return Split(training=interactions.where(~late), test=interactions.where(late))
