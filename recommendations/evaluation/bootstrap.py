"""How sure a difference between two models is: a paired bootstrap over readers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RESAMPLES = 2_000
LEVEL = 95
"""The percentage of resamples whose mean is in the interval."""
DRAWN = 2**21
"""How many readers are drawn at a time, to bound memory."""


@dataclass(frozen=True)
class Interval:
    """A mean over readers, and the interval that has 95 % of the means of resamples."""

    mean: float
    low: float
    high: float


def paired_bootstrap(
    differences: npt.NDArray[np.float64], seed: int, *, resamples: int = RESAMPLES
) -> list[Interval]:
    """The mean of each column of `differences`, readers × columns, with its percentile interval (Efron 1979).

    A row has one reader's differences between models. A resample draws as many readers with replacement, and
    takes the mean of their rows, so all columns are compared over the same readers.
    """
    readers, columns = differences.shape
    rng = np.random.default_rng(seed)
    means = np.empty((resamples, columns))
    at_once = max(1, DRAWN // readers)
    for start in range(0, resamples, at_once):
        count = min(at_once, resamples - start)
        drawn = rng.integers(readers, size=(count, readers))
        drawn += np.arange(count)[:, np.newaxis] * readers
        # How often each reader was drawn.
        times = np.bincount(drawn.ravel(), minlength=count * readers).reshape(count, readers)
        means[start : start + count] = times.astype(np.float64) @ differences / readers
    tail = (100 - LEVEL) / 2
    low, high = np.percentile(means, [tail, 100 - tail], axis=0)
    return [Interval(*values) for values in np.stack([differences.mean(axis=0), low, high], axis=1).tolist()]
