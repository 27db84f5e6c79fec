"""What compiled loops are given, and a small one."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A view that nobody writes to, as mapped files are: Numba compiles apart for arrays that may be written."""
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


@njit(cache=True)
def any_of(mask: npt.NDArray[np.bool_], rows: npt.NDArray[np.int32]) -> bool:
    """Whether the mask is set at any of the rows; nobody writes to either.

    NumPy lets go of the interpreter to look, and all threads of a busy server then fight for it.
    """
    for row in rows:
        if mask[row]:
            return True
    return False
