"""Builds the list of books similar to a book."""

from collections.abc import Iterator
from heapq import merge
from itertools import groupby

import numpy as np
import numpy.typing as npt

from recommendations.domain.recommending import ReasonKind
from recommendations.model.ranking.catalogue_index import Mask
from recommendations.model.ranking.live_histories import History
from recommendations.model.ranking.scoring import Evidence, RankedBook, Ranking, best, totals
from recommendations.model.ranking.snapshot import Snapshot
from recommendations.model.vocabulary import Rows


def rank_similar(snapshot: Snapshot, history: History, row: int, *, excluded: Rows, limit: int) -> list[RankedBook]:
    """At most `limit` books similar to the book at a row, in an order for the reader: no two editions of a work.

    The book's neighbours come first; for a book that was not learned they are content-based, see Content. Their score
    is w · (1 + max(p, 0) / max p), where w is the contribution of the book to the candidate and p that of the
    reader's whole history: taste at most doubles a similarity. Then come books of the same authors, of the same
    subjects, and last books of the same categories by popularity.
    """
    allowed = snapshot.catalogue.available.copy()
    with_others = snapshot.catalogue.editions.with_others
    for rows in (np.array([row], dtype=np.int32), history.not_again, excluded):
        allowed[with_others(rows)] = False
    ranked = _neighbours(snapshot, history, row, allowed, limit)
    if len(ranked) < limit:
        allowed[with_others(_rows(ranked))] = False
        ranked += _by_content(snapshot, row, allowed, ranked, limit - len(ranked))
    if len(ranked) < limit:
        allowed[with_others(_rows(ranked))] = False
        listed = [book.row for book in ranked]
        rest = snapshot.catalogue.editions.one_of_each(
            other for other in _in_categories_of(snapshot, row) if allowed[other]
        )
        ranked += map(snapshot.popular_or_new, snapshot.diversified_rows(rest, limit - len(ranked), listed=listed))
    return ranked


def _rows(ranked: list[RankedBook]) -> Rows:
    return np.array([book.row for book in ranked], dtype=np.int32)


def _neighbours(snapshot: Snapshot, history: History, row: int, allowed: Mask, limit: int) -> list[RankedBook]:
    evidence = snapshot.evidence(np.array([row], dtype=np.int32))
    rows, scores = _totals(evidence, allowed)
    liked = history.liked
    if len(rows) and len(liked):
        taste = totals(snapshot.evidence(liked), len(allowed))[rows]
        scores = scores * (1 + np.maximum(taste, 0) / max(float(taste.max()), np.finfo(np.float64).tiny))
    is_best = snapshot.catalogue.editions.best_of_each(rows, scores, snapshot.catalogue.ids)
    ranking = best(rows[is_best], scores[is_best], snapshot.catalogue.ids, snapshot.pool(limit))
    listed, listed_scores = snapshot.diversified_ranking(ranking, limit)
    return [
        RankedBook(other, score, ReasonKind.LIKE_THIS_BOOK if kind is ReasonKind.BECAUSE_OF_BOOKS else kind, (row,))
        for other, score, (kind, _) in zip(listed, listed_scores, snapshot.reasons(evidence, listed), strict=True)
    ]


def _by_content(
    snapshot: Snapshot, row: int, allowed: Mask, ranked: list[RankedBook], limit: int
) -> list[RankedBook]:
    """Books of the same authors, then of the same subjects, the most popular first among the equally similar.

    None scores more than the books already ranked, since the behaviour of readers is stronger evidence.
    """
    evidence = snapshot.content.evidence_among_all(row)
    rows, scores = _totals(evidence, allowed)
    popularity = np.fromiter(map(snapshot.popularity.weight, rows.tolist()), dtype=np.float64, count=len(rows))
    order = np.lexsort((snapshot.catalogue.ids[rows], -popularity, -scores))
    order = order[snapshot.catalogue.editions.first_of_each(rows[order])[: snapshot.pool(limit)]]
    listed, listed_scores = snapshot.diversified_ranking(Ranking(rows[order], scores[order]), limit)
    ceiling = min((book.score for book in ranked), default=float("inf"))
    return [
        RankedBook(other, min(score, ceiling), *reason)
        for other, score, reason in zip(listed, listed_scores, snapshot.reasons(evidence, listed), strict=True)
    ]


def _totals(evidence: Evidence, allowed: Mask) -> tuple[Rows, npt.NDArray[np.float64]]:
    """The allowed rows of the evidence, and the score of each."""
    rows = np.unique(evidence.rows)
    rows = rows[allowed[rows]]
    return rows, totals(evidence, len(allowed))[rows]


def _in_categories_of(snapshot: Snapshot, row: int) -> Iterator[int]:
    """The rows that share a category with the book, the most popular first, without repetitions."""
    categories = sorted(set(snapshot.catalogue.books[row].categories))
    orders = [snapshot.popularity.rows(category) for category in categories]
    # A row in several categories comes several times in a row.
    return (other for other, _ in groupby(merge(*orders, key=snapshot.popularity.key)))
