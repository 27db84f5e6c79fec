"""Splits of interactions into a training part and a test part."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from recommendations.evaluation.interactions import Interactions, pair_keys
from recommendations.model.learning.holdout import SHARE, first_fifth, random_keys

LogPropensity = Callable[[int, np.random.Generator], npt.NDArray[np.float64]]
"""Returns the logarithms of the propensities with which books are held out, for a number of books."""


class CannotSplit(Exception):
    """The interactions cannot be split this way; the message gives the reason."""


@dataclass(frozen=True)
class Split:
    """The two parts, and the number of `undated` interactions that are in neither."""

    training: Interactions
    test: Interactions
    undated: int = 0


def split(interactions: Interactions, name: str, seed: int) -> Split:
    """Split by a name in SPLITS; `seed` is for random splits. Raises CannotSplit."""
    if name == "temporal":
        return temporal_split(interactions)
    return {"random": random_split, "drift": drift_split}[name](interactions, seed)


def default_split(interactions: Interactions) -> str:
    """The name of the default split: temporal if most interactions have a time, otherwise random."""
    return "temporal" if 2 * np.count_nonzero(interactions.dated) > len(interactions) else "random"


def random_split(interactions: Interactions, seed: int) -> Split:
    """Hold out a random fifth of each reader's books, with all interactions with them.

    What is held out was read before and after what is not. So the training part has neither order nor times: they
    would say nothing about what is asked, and a model that learned from them would be asked about the wrong moment.
    """
    return _split_books(interactions, seed, lambda books, _rng: np.zeros(books))


def drift_split(interactions: Interactions, seed: int) -> Split:
    """Hold out a fifth, drawn with a propensity exp(z) for each book, z ~ N(0, 1): some books are mostly held out.

    The training part has neither order nor times, as in `random_split`.
    """
    return _split_books(interactions, seed, lambda books, rng: rng.standard_normal(books))


def temporal_split(interactions: Interactions) -> Split:
    """Hold out the last fifth by time, cut at the same time for all readers, so that training sees no later event.

    Interactions of the same time stay together, so the part may not be exactly a fifth. Interactions without a time
    are left out, since they may be later than the books to predict. Raises CannotSplit if there are not two different
    times.
    """
    dated = interactions.where(interactions.dated)
    undated = len(interactions) - len(dated)
    times, counts = np.unique(dated.times, return_counts=True)
    if len(times) < 2:  # noqa: PLR2004  (one for each part)
        raise CannotSplit("there are not two different times to split between; choose another split")
    after = len(dated) - np.cumsum(counts[:-1])
    cut = times[np.argmin(np.abs(after - SHARE * len(dated)))]
    late = dated.times > cut
    return Split(training=dated.where(~late), test=dated.where(late), undated=undated)


def _split_books(interactions: Interactions, seed: int, log_propensity: LogPropensity) -> Split:
    # Drawn from the sorted pairs, so that the order of the interactions does not matter.
    pairs, pair_of = np.unique(pair_keys(interactions.readers, interactions.books), return_inverse=True)
    books, row_of = np.unique(pairs & 0xFFFFFFFF, return_inverse=True)
    rng = np.random.default_rng(seed)
    propensity = np.exp(log_propensity(len(books), rng))
    _, counts = np.unique(pairs >> 32, return_counts=True)
    held_out = first_fifth(counts, random_keys(propensity[row_of], rng))
    late = held_out[pair_of]
    # The interactions of a pair stay in order, because the last rating is the one that counts.
    times = np.nan_to_num(interactions.times, nan=-np.inf)
    shuffled = np.lexsort((times, rng.permutation(len(pairs))[pair_of]))
    training = interactions.where(shuffled[~late[shuffled]])
    return Split(training=replace(training, times=np.full(len(training), np.nan)), test=interactions.where(late))
