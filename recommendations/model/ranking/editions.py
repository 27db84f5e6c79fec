"""The editions of works, by the rows of one model."""

from collections.abc import Iterator, Set

import numpy as np
import numpy.typing as npt
from numba import njit

from recommendations.model.ranking.scoring import read_only
from recommendations.model.vocabulary import ABSENT, Ids, Rows


class Editions:
    """Which rows are editions of one work.

    `works` has for each row one row that stands for its work, the same for all editions. `following` has the next
    edition, after the last one again the first; a book without other editions follows itself.
    """

    def __init__(self, works: Rows, model_rows: Rows, size: int) -> None:
        """Take the works from the catalogue, see Works.by_row; `model_rows` has the row of each of its rows."""
        known = np.flatnonzero(works != ABSENT)
        known = known[np.argsort(works[known], kind="stable")]
        rows = model_rows[known]
        starts = np.flatnonzero(np.diff(works[known], prepend=ABSENT))
        counts = np.diff(starts, append=len(rows))
        following = np.roll(rows, -1)
        following[starts + counts - 1] = rows[starts]
        self.exist = len(rows) > 0
        self.works: Rows = np.arange(size, dtype=np.int32)
        self.works[rows] = np.repeat(rows[starts], counts)
        self.following: Rows = np.arange(size, dtype=np.int32)
        self.following[rows] = following
        self.following = read_only(self.following)
        # A call looks up dozens one by one.
        self.work_of = self.works.data

    def with_others(self, rows: Rows) -> Rows:
        """The rows, and the other editions of their works."""
        return all_editions(read_only(rows), self.following) if self.exist else rows

    def best_of_each(self, rows: Rows, scores: npt.NDArray[np.float64], ids: Ids) -> npt.NDArray[np.bool_]:
        """For each row, whether it has the highest score of its work; ties go to the lowest id."""
        is_best = np.ones(len(rows), dtype=np.bool_)
        if self.exist:
            several = np.flatnonzero(self.following[rows] != rows)
            works = self.works[rows[several]]
            order = np.lexsort((ids[rows[several]], -scores[several], works))
            is_best[several[order[1:]]] = np.diff(works[order]) != 0
        return is_best

    def one_of_each(self, rows: Iterator[int], *, without: Set[int] = frozenset()) -> Iterator[int]:
        """The first of the rows of each work, but of none of the works `without`."""
        seen = set(without)
        for row in rows:
            work = self.work_of[row]
            if work not in seen:
                seen.add(work)
                yield row

    def first_of_each(self, rows: Rows) -> npt.NDArray[np.intp]:
        """The positions, ascending, of the first of the rows of each work."""
        if not self.exist or (self.following[rows] == rows).all():
            return np.arange(len(rows))
        return np.sort(np.unique(self.works[rows], return_index=True)[1])


@njit(cache=True)
def all_editions(rows: Rows, following: Rows) -> Rows:
    """The rows, followed by the other editions of each."""
    count = len(rows)
    for row in rows:
        edition = following[row]
        while edition != row:
            count += 1
            edition = following[edition]
    editions = np.empty(count, np.int32)
    editions[: len(rows)] = rows
    count = len(rows)
    for row in rows:
        edition = following[row]
        while edition != row:
            editions[count] = edition
            count += 1
            edition = following[edition]
    return editions
