"""What is learned: which books speak for which."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Neighbours:
    """For each book of a history the candidates it speaks for.

    Row `i` speaks for `rows[indptr[i]:indptr[i + 1]]`, ascending, with `weights` as strong.
    """

    indptr: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
