"""What is learned: which books speak for which."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


def _no_fading() -> npt.NDArray[np.float32]:
    return np.ones(1, dtype=np.float32)


@dataclass(frozen=True)
class Neighbours:
    """For each book of a history the candidates it speaks for.

    Row `i` speaks for `rows[indptr[i]:indptr[i + 1]]`, ascending, with `weights` as strong. The n-th latest book of
    a history, from 0, counts `fading[n]`, and all before those like the last of them.
    """

    indptr: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    fading: npt.NDArray[np.float32] = field(default_factory=_no_fading)

    def faded(self, books: int) -> npt.NDArray[np.float32]:
        """How much each book of a history of so many counts, the latest last."""
        places = np.arange(books - 1, -1, -1)
        counting: npt.NDArray[np.float32] = self.fading[np.minimum(places, len(self.fading) - 1)]
        return counting
