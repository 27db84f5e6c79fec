"""What training learns: how much each book of a history contributes to the scores of other books."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from recommendations.model.popularity import NO_PRIOR, Prior


def _no_decay() -> npt.NDArray[np.float32]:
    return np.ones(1, dtype=np.float32)


@dataclass(frozen=True)
class Neighbours:
    """A sparse matrix of weights, books read × candidates (CSR), the recency weights of a history, and the prior.

    The book of row `i` adds `weights[indptr[i]:indptr[i + 1]]` to the scores of the candidates
    `rows[indptr[i]:indptr[i + 1]]`, which ascend, each times the book's recency weight. That is `decay[n]` for the
    n-th latest book of the history, counted from 0, and the last value of `decay` for all earlier books. Popularity
    adds what `prior` says.
    """

    indptr: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    decay: npt.NDArray[np.float32] = field(default_factory=_no_decay)
    prior: Prior = NO_PRIOR

    def recency_weights(self, books: int) -> npt.NDArray[np.float32]:
        """The recency weights of a history of this many books, the latest last."""
        ages = np.arange(books - 1, -1, -1)
        weights: npt.NDArray[np.float32] = self.decay[np.minimum(ages, len(self.decay) - 1)]
        return weights
