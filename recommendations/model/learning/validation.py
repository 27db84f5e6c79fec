"""Measures how well neighbours and popularity predict the held-out books."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommendations.model.learning import kernels
from recommendations.model.learning.holdout import HoldOut
from recommendations.model.learning.threads import in_threads
from recommendations.model.neighbours import Neighbours
from recommendations.model.popularity import relative

CUTOFF = 20
MOST_READERS = 10_000
"""The most readers to evaluate: with more, the choice of the hold-out causes more noise than that of the readers."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """Recall and NDCG at the cutoff for each evaluated reader, as in evaluation.metrics."""

    recall: Floats
    ndcg: Floats


class Validator:
    """Ranks all books outside a reader's training part, and scores the lists on the test part."""

    def __init__(self, hold_out: HoldOut, seed: int, *, most_readers: int = MOST_READERS) -> None:
        self.hold_out = hold_out
        readers = hold_out.readers
        if len(readers) > most_readers:
            readers = np.sort(np.random.default_rng(seed).choice(readers, most_readers, replace=False))
        self.readers = readers.astype(np.int32)
        books = hold_out.test.shape[1]
        reader_of = np.repeat(np.arange(hold_out.test.shape[0]), np.diff(hold_out.test.indptr))
        self._relevant = reader_of * books + hold_out.test.indices

    def score(self, neighbours: Neighbours, popularity: Floats) -> Scores:
        """Score the lists that the neighbours and the popularity of the books produce."""
        training = self.hold_out.training
        tops = np.full((len(self.readers), CUTOFF), -1, dtype=np.int32)
        order = np.argsort(-popularity, kind="stable")
        in_threads(
            kernels.top_lists,
            *(training.indptr.astype(np.int64), training.indices.astype(np.int32)),
            *(neighbours.indptr, neighbours.rows, neighbours.weights, neighbours.decay),
            order[: np.count_nonzero(popularity)].astype(np.int32),
            relative(popularity).astype(np.float32),
            neighbours.prior.weights(np.diff(training.indptr)[self.readers]),
            self.readers,
            outputs=(tops,),
            count=len(self.readers),
        )
        return self._score(tops)

    def _score(self, tops: npt.NDArray[np.int32]) -> Scores:
        test = self.hold_out.test
        keys = self.readers.astype(np.int64)[:, np.newaxis] * test.shape[1] + tops
        hits = (tops >= 0) & np.isin(keys, self._relevant)
        count = np.diff(test.indptr)[self.readers]
        gains = 1 / np.log2(np.arange(CUTOFF) + 2)
        ideal = np.cumsum(gains)[np.minimum(count, CUTOFF) - 1]
        return Scores(hits.sum(axis=1) / count, (hits @ gains) / ideal)
