"""What a search for good parameters learns from, and what it must foresee."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

SHARE = 0.2
"""How much is held out."""

FEWEST_READERS = 50
"""With fewer readers to judge by, a hold-out by time is not worth having."""

DRIFT = 1.5
"""How unevenly books are held out with drift: the standard deviation of the logarithm of their propensities."""

MOST_SORTED = 0.95
"""Where so many books of the readers' histories ascend by id, or descend, the order is a list's and not of time."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class HoldOut:
    """Two readers × books matrices of one shape without a common entry, and how they were told apart."""

    known: csr_array
    wanted: csr_array
    way: str

    @property
    def readers(self) -> npt.NDArray[np.int64]:
        """The readers that can judge: something is known of them, and something wanted."""
        return np.flatnonzero((np.diff(self.known.indptr) > 0) & (np.diff(self.wanted.indptr) > 0))


def hold_outs(liked: csr_array, times: Floats, seed: int) -> list[HoldOut]:
    """What to judge by; the entries of a row of `liked` are in the order in which the reader took the books up.

    `times` are those of the entries in seconds since 1970, NaN where unknown. Where they are known, the latest
    fifth of all likings is held out. Where they are not, there are two hold-outs that a good model does well on:
    the latest fifth of each reader's books, if their order says anything, and a fifth drawn with drift, a propensity
    exp(σz) a book, z ~ N(0, 1), so that some books lie mostly in the future as they do in shops. A random fifth
    would flatter models that follow popularity.
    """
    dated = ~np.isnan(times)
    if 2 * np.count_nonzero(dated) > len(times):
        by_time = _parted(liked, dated & (times > np.quantile(times[dated], 1 - SHARE)), "time")
        if len(by_time.readers) >= FEWEST_READERS:
            return [by_time]
    rng = np.random.default_rng(seed)
    propensity = np.exp(DRIFT * rng.standard_normal(liked.shape[1]))
    lengths = np.diff(liked.indptr)
    drift = _parted(liked, first_fifth(lengths, chance_keys(propensity[liked.indices], rng)), "drift")
    if _is_sorted(liked):
        return [drift]
    return [_parted(liked, first_fifth(lengths, -np.arange(liked.nnz, dtype=np.float64)), "order"), drift]


def chance_keys(propensity: Floats, rng: np.random.Generator) -> Floats:
    """Keys by which to hold out the smallest is to draw by these propensities without replacement.

    They are exponential times with these rates (Efraimidis and Spirakis 2006).
    """
    return rng.exponential(size=len(propensity)) / propensity


def first_fifth(lengths: npt.NDArray[np.int64], keys: Floats) -> npt.NDArray[np.bool_]:
    """The fifth with the smallest keys of each of several runs of entries, one after the other, of these lengths."""
    order = np.lexsort((keys, np.repeat(np.arange(len(lengths)), lengths)))
    place = np.arange(len(keys)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    first = np.empty(len(keys), dtype=np.bool_)
    # Half up, so that a reader of three has one held out; a reader of one or two keeps all.
    first[order] = place < np.repeat(np.floor(lengths * SHARE + 0.5), lengths)
    return first


def _is_sorted(liked: csr_array) -> bool:
    same_reader = np.ones(max(liked.nnz - 1, 0), dtype=np.bool_)
    starts = liked.indptr[1:-1]
    same_reader[starts[(starts > 0) & (starts < liked.nnz)] - 1] = False
    ascends = (np.diff(liked.indices) > 0)[same_reader]
    return not len(ascends) or not 1 - MOST_SORTED < float(ascends.mean()) < MOST_SORTED


def _parted(liked: csr_array, later: npt.NDArray[np.bool_], way: str) -> HoldOut:
    def part(chosen: npt.NDArray[np.bool_]) -> csr_array:
        indptr = np.concatenate([[0], np.cumsum(chosen)])[liked.indptr]
        return csr_array((liked.data[chosen], liked.indices[chosen], indptr), shape=liked.shape)

    return HoldOut(part(~later), part(later), way)
