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
    because: list[list[int]]


def rank(
    neighbours: Neighbours,
    history: Rows,
    *,
    on_shelf: npt.NDArray[np.bool_],
    without: Rows,
    ids: npt.NDArray[np.int32],
    most: int,
) -> Ranking:
    """Rank the rows on a shelf that the history's books speak for.

    `history` is ascending, so that the same books always add up alike; `on_shelf` has an entry for each row,
    `without` are rows to leave out, and `ids` breaks ties. Returns at most `most` rows, all with a score above 0.
    """
    starts = neighbours.indptr[history]
    counts = neighbours.indptr[history + 1] - starts
    ends = np.cumsum(counts)
    spoken = np.repeat(starts - ends + counts, counts) + np.arange(ends[-1] if len(ends) else 0)
    rows, weights = neighbours.rows[spoken], neighbours.weights[spoken]
    scores = np.bincount(rows, weights, minlength=len(on_shelf)).astype(np.float64, copy=False)
    spoken_for = np.zeros(len(on_shelf), dtype=np.bool_)
    spoken_for[rows] = True
    spoken_for[without] = False
    candidates = np.flatnonzero(spoken_for)
    candidates = candidates[on_shelf[candidates]]
    best = _top(candidates, scores[candidates], ids, most)
    because = _strongest_speakers(best, rows, weights, np.repeat(history, counts))
    return Ranking(best.astype(np.int32), scores[best].astype(np.float32), because)


def _top(
    rows: npt.NDArray[np.intp], scores: npt.NDArray[np.float64], ids: npt.NDArray[np.int32], most: int
) -> npt.NDArray[np.intp]:
    if len(rows) > most:
        # Everything that ties with the last place competes for it, so that the order of rows decides nothing.
        lowest = np.partition(scores, len(scores) - most)[len(scores) - most]
        rows, scores = rows[scores >= lowest], scores[scores >= lowest]
    return rows[np.lexsort((ids[rows], -scores))][:most]


def _strongest_speakers(
    best: npt.NDArray[np.intp], rows: Rows, weights: npt.NDArray[np.float32], speakers: Rows
) -> list[list[int]]:
    """For each of the best rows those rows of the history that speak for it most strongly, the strongest first."""
    if not len(best):
        return []
    order = np.sort(best)
    places = np.minimum(np.searchsorted(order, rows), len(order) - 1)
    spoken_for = order[places] == rows
    said: dict[int, list[tuple[float, int]]] = {row: [] for row in best.tolist()}
    lines = (rows[spoken_for].tolist(), weights[spoken_for].tolist(), speakers[spoken_for].tolist())
    for row, weight, speaker in zip(*lines, strict=True):
        said[row].append((-weight, speaker))
    return [[speaker for _, speaker in sorted(spoken)[:REASONS]] for spoken in said.values()]
