"""From a reader's history to the books that fit it best."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recommendations.domain.recommending import ReasonKind
from recommendations.model.neighbours import Neighbours
from recommendations.model.vocabulary import Ids, Rows

REASONS = 2
"""How many books of the history explain a recommendation, at most."""

Weights = npt.NDArray[np.float32] | npt.NDArray[np.float64]


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A read-only view, as mapped files are: Numba compiles separately for arrays that may be written."""
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


class RankedBook(NamedTuple):
    """A book of a list: its row, its score, the kind of its reason, and the rows of the books behind the reason."""

    row: int
    score: float
    kind: ReasonKind
    because: tuple[int, ...] = ()


class Evidence(NamedTuple):
    """What the books of a history contribute: `books[i]` adds `weights[i]` to the score of `rows[i]`.

    The first `learned` entries come from the model, the others from the content of the books.
    """

    rows: Rows
    weights: Weights
    books: Rows
    learned: int

    def followed_by(self, content: "Evidence") -> "Evidence":
        """Both, where the other comes from content."""
        return Evidence(
            np.concatenate([self.rows, content.rows]),
            np.concatenate([self.weights, content.weights]),
            np.concatenate([self.books, content.books]),
            self.learned,
        )


class Ranking(NamedTuple):
    """Rows, best first, and their scores."""

    rows: Rows
    scores: npt.NDArray[np.float64]


Contributor = tuple[float, int, bool]
"""What a book of the history adds to a score, negated, the book's row, and whether that was learned.

A plain tuple, since a call makes dozens; they sort by contribution, the greatest first.
"""


def learned_evidence(neighbours: Neighbours, history: Rows, recency: npt.NDArray[np.float32]) -> Evidence:
    """What the model has learned of the history's books, each times its recency weight."""
    starts = neighbours.indptr[history]
    counts = neighbours.indptr[history + 1] - starts
    entries = ranges(starts, counts)
    weights = neighbours.weights[entries] * np.repeat(recency, counts)
    return Evidence(neighbours.rows[entries], weights, np.repeat(history, counts), len(entries))


def ranges(starts: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The numbers from each start on, as many as counted, one range after the other."""
    ends = np.cumsum(counts)
    joined: npt.NDArray[np.int64] = np.repeat(starts - ends + counts, counts) + np.arange(
        ends[-1] if len(ends) else 0
    )
    return joined


def totals(evidence: Evidence, rows: int) -> npt.NDArray[np.float64]:
    """The score of each of so many rows."""
    return np.bincount(evidence.rows, evidence.weights, minlength=rows).astype(np.float64, copy=False)


def best(rows: npt.NDArray[np.integer], scores: npt.NDArray[np.float64], ids: Ids, most: int) -> Ranking:
    """The rows with the highest scores above 0, `most` at most, best first; ties go to the lowest id."""
    lowest = 0.0
    if len(rows) > most > 0:
        lowest = np.partition(scores, len(scores) - most)[len(scores) - most]
    # Everything that ties with the last place competes for it, so the order of rows decides nothing.
    kept = scores >= lowest if lowest > 0 else scores > 0
    rows, scores = rows[kept], scores[kept]
    order = np.lexsort((ids[rows], -scores))[:most]
    return Ranking(rows[order].astype(np.int32), scores[order])


def top_contributors(evidence: Evidence, rows: list[int], among: int) -> list[list[Contributor]]:
    """For each of some rows among so many its contributors, the top one first; each has one."""
    listed = np.zeros(among, dtype=np.bool_)
    listed[rows] = True
    entries = np.flatnonzero(listed[evidence.rows])
    contributors: dict[int, list[Contributor]] = {row: [] for row in rows}
    weights, books, learned = -evidence.weights[entries], evidence.books[entries], entries < evidence.learned
    each = zip(weights.tolist(), books.tolist(), learned.tolist(), strict=True)
    for row, contributor in zip(evidence.rows[entries].tolist(), each, strict=True):
        contributors[row].append(contributor)
    for ranked in contributors.values():
        ranked.sort()
    return list(contributors.values())
