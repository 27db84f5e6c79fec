"""Books like another one."""

from collections.abc import Iterator
from heapq import merge
from itertools import groupby

import numpy as np
import numpy.typing as npt

from recommendations.domain.recommending import ReasonKind
from recommendations.model.ranking.chosen import Choice
from recommendations.model.ranking.scoring import Evidence, Ranking, best, totals
from recommendations.model.ranking.state import History, State
from recommendations.model.ranking.stock import Mask
from recommendations.model.vocabulary import Rows


def choose_similar(state: State, history: History, row: int, *, excluded: Rows, most: int) -> list[Choice]:
    """The books most like the one at a row, `most` at most, in an order for the reader.

    First come those that the book's own neighbours are, a book that was not learned borrowing its neighbours from
    what is known of it, see Content. Their score is w · (1 + p / max p): w is what the book says of the candidate,
    p what the reader's whole history says of it, and the greatest p among the candidates counts as one, so that
    taste at most doubles what likeness is worth. Then come books of the same authors, of the same subjects, and
    last those on the same shelves by popularity.
    """
    allowed = state.stock.on_sale.copy()
    allowed[[row, *history.gone, *excluded.tolist()]] = False
    chosen = _neighbours(state, history, row, allowed, most)
    allowed[[one.row for one in chosen]] = False
    if len(chosen) < most:
        chosen += _alike(state, row, allowed, chosen, most - len(chosen))
        allowed[[one.row for one in chosen]] = False
    if len(chosen) < most:
        shelves = (other for other in _on_shelves_of(state, row) if allowed[other])
        listed = [one.row for one in chosen]
        chosen += map(state.chosen_by_all, state.varied_order(shelves, most - len(chosen), listed=listed))
    return chosen


def _neighbours(state: State, history: History, row: int, allowed: Mask, most: int) -> list[Choice]:
    evidence = state.evidence(np.array([row], dtype=np.int32))
    rows, scores = _totals(evidence, allowed)
    liked = history.liked
    if len(rows) and len(liked):
        taste = totals(state.evidence(liked), len(allowed))[rows]
        scores = scores * (1 + np.maximum(taste, 0) / max(float(taste.max()), np.finfo(np.float64).tiny))
    ranking = best(rows, scores, state.stock.ids, state.pool(most))
    listed, varied_scores = state.varied_ranking(ranking, most)
    return [
        Choice(other, score, ReasonKind.LIKE_THIS_BOOK if kind is ReasonKind.BECAUSE_OF_BOOKS else kind, (row,))
        for other, score, (kind, _) in zip(listed, varied_scores, state.reasons(evidence, listed), strict=True)
    ]


def _alike(state: State, row: int, allowed: Mask, chosen: list[Choice], most: int) -> list[Choice]:
    """Books of the same authors, then of the same subjects, the most popular first among those equally alike.

    None scores more than what was chosen before it, since what readers do tells more.
    """
    evidence = state.content.all_of(row)
    rows, scores = _totals(evidence, allowed)
    popularity = np.fromiter(map(state.popular.weight, rows.tolist()), dtype=np.float64, count=len(rows))
    order = np.lexsort((state.stock.ids[rows], -popularity, -scores))[: state.pool(most)]
    listed, varied_scores = state.varied_ranking(Ranking(rows[order], scores[order]), most)
    ceiling = min((one.score for one in chosen), default=float("inf"))
    return [
        Choice(other, min(score, ceiling), *reason)
        for other, score, reason in zip(listed, varied_scores, state.reasons(evidence, listed), strict=True)
    ]


def _totals(evidence: Evidence, allowed: Mask) -> tuple[Rows, npt.NDArray[np.float64]]:
    """The allowed rows that the evidence names, and what it adds up to for each."""
    rows = np.unique(evidence.rows)
    rows = rows[allowed[rows]]
    return rows, totals(evidence, len(allowed))[rows]


def _on_shelves_of(state: State, row: int) -> Iterator[int]:
    """The rows that stand on any shelf of the book's, the most popular first, each once."""
    shelves = [state.popular.rows(category) for category in sorted(set(state.stock.books[row].categories))]
    # A row on several shelves comes so many times in succession.
    return (other for other, _ in groupby(merge(*shelves, key=state.popular.key)))
