"""How well neighbours foresee what was held out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommendations.model.learning import kernels
from recommendations.model.learning.holdout import HoldOut
from recommendations.model.learning.threads import in_threads
from recommendations.model.neighbours import Neighbours

CUTOFF = 20
MOST_READERS = 10_000
"""Readers who judge, at most: beyond them a hold-out's own noise is greater than theirs."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Verdict:
    """Recall and NDCG at the cutoff (binary, the ideal over min(n, cutoff)), for each of the judging readers."""

    recall: Floats
    ndcg: Floats


class Judge:
    """Judges by one hold-out: full ranking over all books that the reader is not known to like."""

    def __init__(self, hold_out: HoldOut, seed: int, *, most_readers: int = MOST_READERS) -> None:
        self.hold_out = hold_out
        readers = hold_out.readers
        if len(readers) > most_readers:
            readers = np.sort(np.random.default_rng(seed).choice(readers, most_readers, replace=False))
        self.readers = readers.astype(np.int32)
        books = hold_out.wanted.shape[1]
        of_entry = np.repeat(np.arange(hold_out.wanted.shape[0]), np.diff(hold_out.wanted.indptr))
        self._wanted = np.sort(of_entry * books + hold_out.wanted.indices)

    def of_neighbours(self, neighbours: Neighbours) -> Verdict:
        """The verdict on lists that `neighbours` give."""
        known = self.hold_out.known
        tops = np.full((len(self.readers), CUTOFF), -1, dtype=np.int32)
        in_threads(
            kernels.top_lists,
            *(known.indptr.astype(np.int64), known.indices.astype(np.int32)),
            *(neighbours.indptr, neighbours.rows, neighbours.weights, neighbours.decay, self.readers),
            outputs=(tops,),
            count=len(self.readers),
        )
        return self._of_lists(tops)

    def of_popularity(self) -> Verdict:
        """The verdict on the books with the most readers, the same for everyone but for what they know."""
        known = self.hold_out.known
        order = np.argsort(-np.bincount(known.indices, minlength=known.shape[1]), kind="stable")
        tops = np.full((len(self.readers), CUTOFF), -1, dtype=np.int32)
        for place, reader in enumerate(self.readers):
            theirs = known.indices[known.indptr[reader] : known.indptr[reader + 1]]
            some = order[: CUTOFF + len(theirs)]
            new = some[~np.isin(some, theirs)][:CUTOFF]
            tops[place, : len(new)] = new
        return self._of_lists(tops)

    def _of_lists(self, tops: npt.NDArray[np.int32]) -> Verdict:
        wanted = self.hold_out.wanted
        keys = self.readers.astype(np.int64)[:, np.newaxis] * wanted.shape[1] + tops
        places = np.minimum(np.searchsorted(self._wanted, keys), max(len(self._wanted) - 1, 0))
        hits = (tops >= 0) & (self._wanted[places] == keys) if len(self._wanted) else np.zeros(tops.shape, np.bool_)
        count = np.diff(wanted.indptr)[self.readers]
        gains = 1 / np.log2(np.arange(CUTOFF) + 2)
        ideal = np.cumsum(gains)[np.minimum(count, CUTOFF) - 1]
        return Verdict(hits.sum(axis=1) / count, (hits @ gains) / ideal)
