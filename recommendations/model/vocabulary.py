"""The mapping between ids and row numbers."""

import hashlib
from bisect import bisect_left
from typing import Any

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int32]

GREATEST = np.iinfo(np.int32).max

ABSENT = -1
"""The row of an unknown id."""

DENSE = 8
"""A lookup of many ids uses a table if it would have at most this many entries for each of them."""


class Vocabulary:
    """Ids in ascending order; an id's row is its position."""

    def __init__(self, ids: Ids) -> None:
        self.ids = ids
        self._entries = ids.data

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, ids: npt.ArrayLike) -> Rows:
        """The row of each id, ABSENT for unknown ids."""
        wanted = np.asarray(ids)
        if not len(self.ids):
            return np.full(wanted.shape, ABSENT, dtype=np.int32)
        # In the type of `self.ids`, or NumPy would convert all of them to search for a few.
        narrow = wanted if wanted.dtype == np.int32 else np.clip(wanted, 0, GREATEST).astype(np.int32)
        if wanted.size > max(len(self.ids), int(self.ids[-1]) // DENSE):
            return self._rows_by_table(narrow, wanted)
        rows: Rows = np.minimum(np.searchsorted(self.ids, narrow), len(self.ids) - 1).astype(np.int32)
        rows[self.ids[rows] != wanted] = ABSENT
        return rows

    def _rows_by_table(self, narrow: npt.NDArray[np.int32], wanted: npt.NDArray[Any]) -> Rows:
        """`rows` for many ids, with a table of all possible ids: ten times as fast as binary search."""
        table = np.full(int(self.ids[-1]) + 2, ABSENT, dtype=np.int32)
        table[self.ids] = np.arange(len(self.ids), dtype=np.int32)
        rows: Rows = table[np.clip(narrow, 0, len(table) - 1)]
        rows[(narrow != wanted) | (wanted < 0)] = ABSENT
        return rows

    def row(self, wanted: int) -> int:
        """The row of one id, ABSENT if it is unknown."""
        if not 0 <= wanted <= GREATEST:
            return ABSENT
        # NumPy's search would release the interpreter lock, and threads would compete for it.
        row = bisect_left(self._entries, wanted)
        return row if row < len(self._entries) and self._entries[row] == wanted else ABSENT

    def digest(self) -> str:
        """A hash of the ids, the same on every machine."""
        return hashlib.sha256(self.ids.astype("<i4").tobytes()).hexdigest()
