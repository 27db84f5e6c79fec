"""From a reader's history to the books that fit it best."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommendations.model.neighbours import Neighbours
from recommendations.model.vocabulary import Rows

REASONS = 2
"""How many books of the history explain a recommendation, at most."""


@dataclass(frozen=True)
class Ranking:
    """The best rows for a history, best first, their scores, and for each the rows of the history behind it."""

    rows: Rows
    scores: npt.NDArray[np.float32]
    because: list[Rows]


def rank(
    neighbours: Neighbours, history: Rows, eligible: npt.NDArray[np.bool_], ids: npt.NDArray[np.int32], most: int
) -> Ranking:
    """Rank the eligible rows that the history's books speak for.

    `history` is ascending, so that the same books always add up alike; `eligible` has an entry for each row and
    `ids` breaks ties. Returns at most `most` rows, all with a score above 0.
    """
    starts = neighbours.indptr[history]
    counts = neighbours.indptr[history + 1] - starts
    ends = np.cumsum(counts)
    spoken = np.repeat(starts - ends + counts, counts) + np.arange(ends[-1] if len(ends) else 0)
    rows, weights = neighbours.rows[spoken], neighbours.weights[spoken]
    scores = np.bincount(rows, weights, minlength=len(eligible)).astype(np.float64, copy=False)
    candidates = np.flatnonzero((scores > 0) & eligible)
    best = _top(candidates, scores[candidates], ids, most)
    speakers = np.repeat(history, counts)
    because = [_strongest_speakers(rows == row, weights, speakers) for row in best]
    return Ranking(best.astype(np.int32), scores[best].astype(np.float32), because)


def _top(
    rows: npt.NDArray[np.intp], scores: npt.NDArray[np.float64], ids: npt.NDArray[np.int32], most: int
) -> npt.NDArray[np.intp]:
    if len(rows) > most:
        # Everything that ties with the last place competes for it, so that the order of rows decides nothing.
        lowest = np.partition(scores, len(scores) - most)[len(scores) - most]
        rows, scores = rows[scores >= lowest], scores[scores >= lowest]
    return rows[np.lexsort((ids[rows], -scores))][:most]


def _strongest_speakers(here: npt.NDArray[np.bool_], weights: npt.NDArray[np.float32], speakers: Rows) -> Rows:
    places = np.flatnonzero(here)
    order = np.argsort(-weights[places], kind="stable")
    return speakers[places[order[:REASONS]]]
