"""Builds the list for a request: personal, popular or new books."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from recommendations.domain.books import Category
from recommendations.domain.recommending import ReasonKind, Selection
from recommendations.model.ranking.live_histories import History
from recommendations.model.ranking.scoring import RankedBook
from recommendations.model.ranking.snapshot import Snapshot
from recommendations.model.vocabulary import Rows

FRESH_EVERY = 5
"""Every Nth of the places that personal books leave free goes to a fresh book."""
FRESH_READERS = 10
"""A book with this many readers needs no more exposure."""
FRESH_POOL = 100
"""How many of the latest fresh books are searched for those in categories that the reader likes."""


def rank_books(
    snapshot: Snapshot,
    history: History,
    *,
    selection: Selection,
    category: Category | None,
    excluded: Rows,
    limit: int,
) -> list[RankedBook]:
    """The list for a request, at most `limit` books; `excluded` are rows that must not be in it."""
    if selection == Selection.FOR_YOU:
        return _for_you(snapshot, history, category, excluded, limit)
    never = {*history.not_again, *excluded.tolist()}
    match selection:
        case Selection.POPULAR:
            popular = (row for row in snapshot.popularity.rows(category) if row not in never)
            return [snapshot.popular_or_new(row) for row in snapshot.diversified_rows(popular, limit)]
        case Selection.NEW:
            newest = (row for row in snapshot.catalogue.category(category).newest_rows() if row not in never)
            return [RankedBook(row, 0.0, ReasonKind.NEW) for row in snapshot.diversified_rows(newest, limit)]


def _for_you(
    snapshot: Snapshot, history: History, category: Category | None, excluded: Rows, limit: int
) -> list[RankedBook]:
    """Personal books first, then popular and fresh ones, last those that the reader has seen but not read."""
    ranked: list[RankedBook] = []
    if len(history.rows):
        ranked = snapshot.ranked(history, snapshot.catalogue.category(category).has, excluded, limit)
    left = limit - len(ranked)
    if not left:
        return ranked
    listed = [book.row for book in ranked]
    never = {*history.not_again, *excluded.tolist(), *listed}
    unknown = never.union(history.rows.tolist())
    filled = _fill(snapshot, history, category, without=unknown, listed=listed, limit=left)
    never.update(book.row for book in filled)
    familiar = (row for row in snapshot.popularity.rows(category) if row not in never)
    return [*ranked, *filled, *map(snapshot.popular_or_new, islice(familiar, left - len(filled)))]


def _fill(
    snapshot: Snapshot,
    history: History,
    category: Category | None,
    *,
    without: set[int],
    listed: list[int],
    limit: int,
) -> list[RankedBook]:
    """Books by popularity, those that nobody has read last, with a fresh book at every FRESH_EVERY-th place."""
    order = (row for row in snapshot.popularity.rows(category) if row not in without)
    popular = iter(snapshot.diversified_rows(order, limit, listed=listed))
    fresh = _fresh(snapshot, history, category, without) if limit >= FRESH_EVERY else iter(())
    filled: dict[int, RankedBook] = {}
    while len(filled) < limit:
        row = next(fresh, None) if len(filled) % FRESH_EVERY == FRESH_EVERY - 1 else None
        if row is not None:
            filled.setdefault(row, RankedBook(row, 0.0, ReasonKind.NEW))
        elif (row := next(popular, None)) is not None:
            filled.setdefault(row, snapshot.popular_or_new(row))
        else:
            break
    return list(filled.values())


def _fresh(snapshot: Snapshot, history: History, category: Category | None, without: set[int]) -> Iterator[int]:
    """Fresh books that few have read yet, those in categories that the reader likes first."""
    fresh = snapshot.catalogue.category(category).fresh
    readers = snapshot.popularity.readers
    candidates = (row for row in fresh if row not in without and readers(row) < FRESH_READERS)
    rows = np.fromiter(islice(candidates, FRESH_POOL), dtype=np.int32)
    liked = history.liked
    if len(rows) and len(liked):
        # A stable sort keeps the latest arrivals first in both parts.
        rows = rows[np.argsort(~snapshot.catalogue.in_categories_of(rows, liked), kind="stable")]
    return iter(rows.tolist())
