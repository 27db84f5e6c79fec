"""Hold-outs: splits of the histories into training and test parts, to compare candidate parameters."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

BY_TIME = "time"
"""The kind of hold-outs by time."""

SHARE = 0.2
"""The share of the history that is held out."""

CUTS = (0.8, 0.7, 0.6, 0.5)
"""The shares of the history before the moments at which it is cut; what is held out is the next fifth after each."""

ENOUGH_READERS = 2_000
"""No further moments are used once there are so many readers to evaluate, and two moments."""

FEWEST_READERS = 50
"""Hold-outs by time need at least this many readers to evaluate, counting one again for each moment."""

DRIFT = 1.5
"""σ, the standard deviation of the logarithms of the books' propensities: how unevenly books are held out."""

MOST_SORTED = 0.95
"""If this share of consecutive books ascends, or descends, by id, histories are sorted, not in reading order."""

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class HoldOut:
    """Two readers × books matrices of the same shape without common entries, and the kind of split.

    `times` has the time of each entry of the training part in seconds since 1970, NaN where unknown; `reference` is
    the moment after which the test part begins.
    """

    training: csr_array
    test: csr_array
    kind: str
    times: Floats
    reference: float

    @property
    def readers(self) -> npt.NDArray[np.int64]:
        """The rows of the readers to evaluate: those with books in both parts."""
        return np.flatnonzero((np.diff(self.training.indptr) > 0) & (np.diff(self.test.indptr) > 0))


def hold_outs(liked: csr_array, times: Floats, reference: float, seed: int) -> list[HoldOut]:
    """Split `liked`, readers × books with each row in reading order, for validation.

    `times` has the time of each entry, NaN where unknown, and `reference` is the end of the history, in seconds since
    1970. If most are known, the history is cut at several moments, and the fifth of all entries that follows each is
    held out. Otherwise there are two hold-outs, and a good model does well on both: the latest fifth of each
    reader's books, or a random one if the books are just sorted, and a fifth drawn with drift: book by book with the
    propensity exp(σz), z ~ N(0, 1). Drift puts some books mostly into the test part, as new books are in a shop; a
    uniformly random fifth alone would favour models that follow popularity.
    """
    by_time = _by_time(liked, times)
    if sum(len(hold_out.readers) for hold_out in by_time) >= FEWEST_READERS:
        return by_time
    rng = np.random.default_rng(seed)
    propensity = np.exp(DRIFT * rng.standard_normal(liked.shape[1]))
    lengths = np.diff(liked.indptr)
    drift = "drift", random_keys(propensity[liked.indices], rng)
    if _is_sorted(liked):
        other = "random", random_keys(np.ones(liked.nnz), rng)
    else:
        other = "order", -np.arange(liked.nnz, dtype=np.float64)
    found = []
    for kind, keys in (other, drift):
        later = first_fifth(lengths, keys)
        found.append(_split(liked, times, (~later, later), kind, reference))
    return found


def _by_time(liked: csr_array, times: Floats) -> list[HoldOut]:
    dated = ~np.isnan(times)
    ordered = np.sort(times[dated])
    if not len(ordered) or 2 * len(ordered) <= len(times):
        return []
    found: list[HoldOut] = []
    for share in CUTS:
        cut = ordered[int(share * len(ordered))]
        if cut in {ordered[-1], *(hold_out.reference for hold_out in found)}:
            continue
        end = ordered[min(int((share + SHARE) * len(ordered)), len(ordered) - 1)]
        found.append(_split(liked, times, (~(times > cut), (cut < times) & (times <= end)), BY_TIME, cut))
        if len(found) > 1 and sum(len(hold_out.readers) for hold_out in found) >= ENOUGH_READERS:
            break
    return found


def random_keys(propensity: Floats, rng: np.random.Generator) -> Floats:
    """Random keys whose smallest ones are a weighted sample without replacement, by `propensity`.

    They are exponential variates with these rates (Efraimidis and Spirakis 2006).
    """
    return rng.exponential(size=len(propensity)) / propensity


def first_fifth(lengths: npt.NDArray[np.int64], keys: Floats) -> Mask:
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


def _split(liked: csr_array, times: Floats, parts: tuple[Mask, Mask], kind: str, reference: float) -> HoldOut:
    def part(mask: Mask) -> csr_array:
        indptr = np.concatenate([[0], np.cumsum(mask)])[liked.indptr]
        return csr_array((liked.data[mask], liked.indices[mask], indptr), shape=liked.shape)

    training, test = map(part, parts)
    return HoldOut(training, test, kind, times[parts[0]], reference)
