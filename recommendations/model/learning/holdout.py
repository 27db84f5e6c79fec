"""Splitting histories into a training part and a test part, on which candidate parameters are compared."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

SHARE = 0.2
"""The share that is held out."""

FEWEST_READERS = 50
"""A hold-out by time is used only if it leaves at least this many readers to evaluate."""

DRIFT = 1.5
"""How unevenly books are held out: σ, the standard deviation of the logarithms of their propensities."""

MOST_SORTED = 0.95
"""If this share of the books in histories ascend, or descend, by id, they are sorted and not in reading order."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class HoldOut:
    """Two readers × books matrices of one shape without a common entry, and the kind of split between them."""

    training: csr_array
    test: csr_array
    kind: str

    @property
    def readers(self) -> npt.NDArray[np.int64]:
        """The readers that can be evaluated: those with books in both parts."""
        return np.flatnonzero((np.diff(self.training.indptr) > 0) & (np.diff(self.test.indptr) > 0))


def hold_outs(liked: csr_array, times: Floats, seed: int) -> list[HoldOut]:
    """Split `liked`, whose rows are in reading order, for validation.

    `times` are those of the entries in seconds since 1970, NaN where unknown. Where most are known, the latest fifth
    of all entries is held out. Otherwise there are two hold-outs that a good model does well on: the latest fifth of
    each reader's books, if their order means anything, and a fifth drawn with drift, a propensity exp(σz) for each
    book, z ~ N(0, 1), so that some books lie mostly in the future, as they do in shops. A random fifth would favour
    models that follow popularity.
    """
    dated = ~np.isnan(times)
    if 2 * np.count_nonzero(dated) > len(times):
        by_time = _split(liked, dated & (times > np.quantile(times[dated], 1 - SHARE)), "time")
        if len(by_time.readers) >= FEWEST_READERS:
            return [by_time]
    rng = np.random.default_rng(seed)
    propensity = np.exp(DRIFT * rng.standard_normal(liked.shape[1]))
    lengths = np.diff(liked.indptr)
    drift = _split(liked, first_fifth(lengths, random_keys(propensity[liked.indices], rng)), "drift")
    if _is_sorted(liked):
        return [drift]
    return [_split(liked, first_fifth(lengths, -np.arange(liked.nnz, dtype=np.float64)), "order"), drift]


def random_keys(propensity: Floats, rng: np.random.Generator) -> Floats:
    """Random keys; taking the smallest ones samples without replacement in proportion to `propensity`.

    They are exponential times with these rates (Efraimidis and Spirakis 2006).
    """
    return rng.exponential(size=len(propensity)) / propensity


def first_fifth(lengths: npt.NDArray[np.int64], keys: Floats) -> npt.NDArray[np.bool_]:
    """A mask of the fifth with the smallest keys in each of consecutive runs of entries with these lengths."""
    order = np.lexsort((keys, np.repeat(np.arange(len(lengths)), lengths)))
    rank = np.arange(len(keys)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    first = np.empty(len(keys), dtype=np.bool_)
    # Rounded half up: one of three is held out, none of one or two.
    first[order] = rank < np.repeat(np.floor(lengths * SHARE + 0.5), lengths)
    return first


def _is_sorted(liked: csr_array) -> bool:
    same_reader = np.ones(max(liked.nnz - 1, 0), dtype=np.bool_)
    starts = liked.indptr[1:-1]
    same_reader[starts[(starts > 0) & (starts < liked.nnz)] - 1] = False
    ascends = (np.diff(liked.indices) > 0)[same_reader]
    return not len(ascends) or not 1 - MOST_SORTED < float(ascends.mean()) < MOST_SORTED


def _split(liked: csr_array, later: npt.NDArray[np.bool_], kind: str) -> HoldOut:
    def part(mask: npt.NDArray[np.bool_]) -> csr_array:
        indptr = np.concatenate([[0], np.cumsum(mask)])[liked.indptr]
        return csr_array((liked.data[mask], liked.indices[mask], indptr), shape=liked.shape)

    return HoldOut(part(~later), part(later), kind)
