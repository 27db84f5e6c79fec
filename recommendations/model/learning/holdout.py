"""Hold-outs: splits of the histories into training and test parts, to compare candidate parameters."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

SHARE = 0.2
"""The share of the history that is held out."""

FEWEST_READERS = 50
"""A hold-out by time needs at least this many readers to evaluate."""

DRIFT = 1.5
"""σ, the standard deviation of the logarithms of the books' propensities: how unevenly books are held out."""

MOST_SORTED = 0.95
"""If this share of consecutive books ascends, or descends, by id, histories are sorted, not in reading order."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class HoldOut:
    """Two readers × books matrices of the same shape without common entries, and the kind of split."""

    training: csr_array
    test: csr_array
    kind: str

    @property
    def readers(self) -> npt.NDArray[np.int64]:
        """The rows of the readers to evaluate: those with books in both parts."""
        return np.flatnonzero((np.diff(self.training.indptr) > 0) & (np.diff(self.test.indptr) > 0))


def hold_outs(liked: csr_array, times: Floats, seed: int) -> list[HoldOut]:
    """Split `liked`, readers × books with each row in reading order, for validation.

    `times` has the time of each entry in seconds since 1970, NaN where unknown. If most are known, the latest fifth
    of all entries is held out. Otherwise there are up to two hold-outs, and a good model does well on both: the
    latest fifth of each reader's books, unless the books are just sorted, and a fifth drawn with drift: book by
    book with the propensity exp(σz), z ~ N(0, 1). Drift puts some books mostly into the test part, as new books are
    in a shop; a uniformly random fifth would favour models that follow popularity.
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
    """Random keys whose smallest ones are a weighted sample without replacement, by `propensity`.

    They are exponential variates with these rates (Efraimidis and Spirakis 2006).
    """
    return rng.exponential(size=len(propensity)) / propensity


def first_fifth(lengths: npt.NDArray[np.int64], keys: Floats) -> npt.NDArray[np.bool_]:
    """A mask of the fifth with the smallest keys in each of the consecutive runs of these lengths."""
    order = np.lexsort((keys, np.repeat(np.arange(len(lengths)), lengths)))
    rank = np.arange(len(keys)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    first = np.empty(len(keys), dtype=np.bool_)
    # Rounded half up: one of three entries is held out, none of one or two.
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
