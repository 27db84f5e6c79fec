"""From a reader's history to the books that fit it best."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from recommendations.model.neighbours import Neighbours
from recommendations.model.vocabulary import Ids, Rows

REASONS = 2
"""How many books of the history explain a recommendation, at most."""

Weights = npt.NDArray[np.float32] | npt.NDArray[np.float64]


class Evidence(NamedTuple):
    """What the books of a history say: `speakers[i]` speaks for `rows[i]`, `weights[i]` as strongly.

    The first `learned` lines come from the model, the others from what is known of the books.
    """

    rows: Rows
    weights: Weights
    speakers: Rows
    learned: int

    def followed_by(self, other: "Evidence") -> "Evidence":
        """Both, where the other comes from what is known of the books."""
        return Evidence(
            np.concatenate([self.rows, other.rows]),
            np.concatenate([self.weights, other.weights]),
            np.concatenate([self.speakers, other.speakers]),
            self.learned,
        )


class Ranking(NamedTuple):
    """Rows, best first, and their scores."""

    rows: Rows
    scores: npt.NDArray[np.float64]


Speaker = tuple[float, int, bool]
"""The weight with which a row of the history speaks for a book, negated, the row, and whether the model says so.

A plain tuple, since a call makes dozens; they sort by strength.
"""


def evidence_of(neighbours: Neighbours, history: Rows, faded: npt.NDArray[np.float32]) -> Evidence:
    """What the model has learned from readers of the history's books, each of which counts as it has faded."""
    starts = neighbours.indptr[history]
    counts = neighbours.indptr[history + 1] - starts
    lines = joined(starts, counts)
    weights = neighbours.weights[lines] * np.repeat(faded, counts)
    return Evidence(neighbours.rows[lines], weights, np.repeat(history, counts), len(lines))


def joined(starts: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The numbers from each start on, as many as counted, one run after the other."""
    ends = np.cumsum(counts)
    lines: npt.NDArray[np.int64] = np.repeat(starts - ends + counts, counts) + np.arange(ends[-1] if len(ends) else 0)
    return lines


def totals(evidence: Evidence, rows: int) -> npt.NDArray[np.float64]:
    """What all that is said of each of so many rows adds up to."""
    return np.bincount(evidence.rows, evidence.weights, minlength=rows).astype(np.float64, copy=False)


def best(rows: npt.NDArray[np.integer], scores: npt.NDArray[np.float64], ids: Ids, most: int) -> Ranking:
    """The rows with the highest scores above 0, `most` at most, best first; ties go to the lowest id."""
    lowest = 0.0
    if len(rows) > most > 0:
        lowest = np.partition(scores, len(scores) - most)[len(scores) - most]
    # Everything that ties with the last place competes for it, so that the order of rows decides nothing.
    kept = scores >= lowest if lowest > 0 else scores > 0
    rows, scores = rows[kept], scores[kept]
    order = np.lexsort((ids[rows], -scores))[:most]
    return Ranking(rows[order].astype(np.int32), scores[order])


def strongest_speakers(evidence: Evidence, rows: list[int], among: int) -> list[list[Speaker]]:
    """For each of some rows among so many those that speak for it, the strongest first; each has one."""
    listed = np.zeros(among, dtype=np.bool_)
    listed[rows] = True
    lines = np.flatnonzero(listed[evidence.rows])
    said: dict[int, list[Speaker]] = {row: [] for row in rows}
    weights, speakers, learned = -evidence.weights[lines], evidence.speakers[lines], lines < evidence.learned
    told = zip(weights.tolist(), speakers.tolist(), learned.tolist(), strict=True)
    for row, speaker in zip(evidence.rows[lines].tolist(), told, strict=True):
        said[row].append(speaker)
    for heard in said.values():
        heard.sort()
    return list(said.values())
