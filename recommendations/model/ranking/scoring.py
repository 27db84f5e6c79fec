"""Scores of books for a reader's history, and the books that contributed to them."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from recommendations.domain.recommending import ReasonKind
from recommendations.model.neighbours import Neighbours
from recommendations.model.vocabulary import Ids, Rows

REASONS = 2
"""The most books of the history that are named as a reason."""

Weights = npt.NDArray[np.float32] | npt.NDArray[np.float64]


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A read-only view, like mapped files: Numba compiles loops separately for writable arrays."""
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array


class RankedBook(NamedTuple):
    """A book of a list: its row and score, the kind of its reason, and the rows of the books that are the reason.

    Of a popular book they are those that contributed less than its popularity.
    """

    row: int
    score: float
    kind: ReasonKind
    because: tuple[int, ...] = ()

    @property
    def is_personal(self) -> bool:
        """Whether any book of the reader's history contributed to the score."""
        return self.kind is not ReasonKind.POPULAR or len(self.because) > 0


class Evidence(NamedTuple):
    """What the books of a history contribute: `books[i]` adds `weights[i]` to the score of `rows[i]`.

    The first `learned` entries come from the model, the others are content scores.
    """

    rows: Rows
    weights: Weights
    books: Rows
    learned: int

    def followed_by(self, content: "Evidence") -> "Evidence":
        """This evidence, followed by content scores."""
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
"""The negated contribution of a book of the history, the book's row, and whether the contribution was learned.

Sorting puts the greatest contribution first. A plain tuple, since a call makes dozens.
"""


def learned_evidence(neighbours: Neighbours, history: Rows, recency: npt.NDArray[np.float32]) -> Evidence:
    """The learned contributions of the history's books, times their recency weights."""
    starts = neighbours.indptr[history]
    counts = neighbours.indptr[history + 1] - starts
    entries = ranges(starts, counts)
    weights = neighbours.weights[entries] * np.repeat(recency, counts)
    return Evidence(neighbours.rows[entries], weights, np.repeat(history, counts), len(entries))


def ranges(starts: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The concatenated ranges from each start, as long as each count."""
    ends = np.cumsum(counts)
    joined: npt.NDArray[np.int64] = np.repeat(starts - ends + counts, counts) + np.arange(
        ends[-1] if len(ends) else 0
    )
    return joined


def totals(evidence: Evidence, rows: int) -> npt.NDArray[np.float64]:
    """The score of each row; `rows` is their number."""
    return np.bincount(evidence.rows, evidence.weights, minlength=rows).astype(np.float64, copy=False)


def best(rows: npt.NDArray[np.integer], scores: npt.NDArray[np.float64], ids: Ids, limit: int) -> Ranking:
    """At most `limit` rows with the highest scores above 0, best first; ties go to the lowest id."""
    lowest = 0.0
    if len(rows) > limit > 0:
        lowest = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    # All rows that tie for the last place are kept, so that their ids decide.
    kept = scores >= lowest if lowest > 0 else scores > 0
    rows, scores = rows[kept], scores[kept]
    order = np.lexsort((ids[rows], -scores))[:limit]
    return Ranking(rows[order].astype(np.int32), scores[order])


def top_contributors(evidence: Evidence, rows: list[int], count: int) -> list[list[Contributor]]:
    """The contributors of each of these rows, the top one first; `count` is the number of all rows."""
    listed = np.zeros(count, dtype=np.bool_)
    listed[rows] = True
    entries = np.flatnonzero(listed[evidence.rows])
    contributors: dict[int, list[Contributor]] = {row: [] for row in rows}
    weights, books, learned = -evidence.weights[entries], evidence.books[entries], entries < evidence.learned
    found = zip(weights.tolist(), books.tolist(), learned.tolist(), strict=True)
    for row, contributor in zip(evidence.rows[entries].tolist(), found, strict=True):
        contributors[row].append(contributor)
    for ranked in contributors.values():
        ranked.sort()
    return list(contributors.values())
