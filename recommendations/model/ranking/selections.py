"""Builds the list for a request: personal, popular or new books."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from recommendations.domain.recommending import ReasonKind, Selection, Topic
from recommendations.model.ranking.catalogue_index import Mask
from recommendations.model.ranking.editions import Editions
from recommendations.model.ranking.live_histories import LONG, History
from recommendations.model.ranking.scoring import RankedBook
from recommendations.model.ranking.snapshot import Snapshot
from recommendations.model.vocabulary import Rows

FRESH_EVERY = 5
"""Every Nth of the places of books that are not personal goes to a fresh book."""
FRESH_READERS = 10
"""A book with this many readers needs no more exposure."""
FRESH_POOL = 100
"""How many of the latest fresh books are searched for those in categories that the reader likes."""


class LeftOut(NamedTuple):
    """Works that must not be in a list: a set, see Editions.works, and a mask of the rows of a long history's."""

    editions: Editions
    works: set[int]
    mask: Mask | None

    @classmethod
    def of(cls, snapshot: Snapshot, rows: Rows, others: Iterable[int]) -> "LeftOut":
        """The works of a history's rows, and of others, of which there are few."""
        editions = snapshot.catalogue.editions
        works = set(map(editions.work_of.__getitem__, others))
        if len(rows) <= LONG:
            return cls(editions, works.union(editions.works[rows].tolist()), None)
        mask = np.zeros(len(snapshot.catalogue.ids), dtype=np.bool_)
        mask[editions.with_others(rows)] = True
        return cls(editions, works, mask)

    def filtered(self, rows: Iterator[int]) -> Iterator[int]:
        """The first edition of each work that is not in the set; the rows are already without those of the mask."""
        if not self.editions.exist:
            return (row for row in rows if row not in self.works)
        return self.editions.one_of_each(rows, without=self.works)


def rank_books(
    snapshot: Snapshot,
    history: History,
    *,
    selection: Selection,
    topic: Topic | None,
    excluded: Rows,
    limit: int,
) -> list[RankedBook]:
    """The list for a request: at most `limit` books, one of each work, and none of the rows `excluded`."""
    if selection == Selection.FOR_YOU:
        return _for_you(snapshot, history, topic, excluded, limit)
    never = LeftOut.of(snapshot, history.not_again, excluded.tolist())
    match selection:
        case Selection.POPULAR:
            popular = never.filtered(snapshot.popularity.rows(topic, never.mask))
            return [snapshot.popular_or_new(row) for row in snapshot.diversified_rows(popular, limit)]
        case Selection.NEW:
            newest = never.filtered(snapshot.catalogue.topic(topic).newest_rows(never.mask))
            return [RankedBook(row, 0.0, ReasonKind.NEW) for row in snapshot.diversified_rows(newest, limit)]


def _for_you(
    snapshot: Snapshot, history: History, topic: Topic | None, excluded: Rows, limit: int
) -> list[RankedBook]:
    """Ranked books first, then popular and fresh ones, last those that the reader has seen but not read."""
    ranked: list[RankedBook] = []
    if len(history.rows):
        ranked = snapshot.ranked(history, topic, excluded, limit)
        if sum(not book.is_personal for book in ranked) >= FRESH_EVERY:
            others = [*excluded.tolist(), *(book.row for book in ranked)]
            fresh = _fresh(snapshot, history, topic, LeftOut.of(snapshot, history.rows, others))
            ranked = _with_fresh(ranked, fresh, limit)
    left = limit - len(ranked)
    if not left:
        return ranked
    listed = [book.row for book in ranked]
    others = [*excluded.tolist(), *listed]
    unknown = LeftOut.of(snapshot, history.rows, others)
    filled = _fill(snapshot, history, topic, without=unknown, listed=listed, limit=left)
    never = LeftOut.of(snapshot, history.not_again, [*others, *(book.row for book in filled)])
    familiar = never.filtered(snapshot.popularity.rows(topic, never.mask))
    return [*ranked, *filled, *map(snapshot.popular_or_new, islice(familiar, left - len(filled)))]


def _with_fresh(ranked: list[RankedBook], fresh: Iterator[int], limit: int) -> list[RankedBook]:
    """The ranked books, with a fresh one at every FRESH_EVERY-th of the places of those that are not personal.

    It has the score of the book whose place it takes, so that the scores still fall along the list. If there are more
    than `limit`, the last ones that are not personal are left out.
    """
    listed: list[RankedBook] = []
    places: list[int] = []
    for book in ranked:
        if not book.is_personal:
            if len(places) % FRESH_EVERY == FRESH_EVERY - 1 and (row := next(fresh, None)) is not None:
                places.append(len(listed))
                listed.append(RankedBook(row, book.score, ReasonKind.NEW))
            places.append(len(listed))
        listed.append(book)
    surplus = max(len(listed) - limit, 0)
    for place in reversed(places[len(places) - surplus :]):
        del listed[place]
    return listed


def _fill(
    snapshot: Snapshot,
    history: History,
    topic: Topic | None,
    *,
    without: LeftOut,
    listed: list[int],
    limit: int,
) -> list[RankedBook]:
    """Books by popularity, those that nobody has read last, with a fresh book at every FRESH_EVERY-th place."""
    order = without.filtered(snapshot.popularity.rows(topic, without.mask))
    popular = iter(snapshot.diversified_rows(order, limit, listed=listed))
    fresh = _fresh(snapshot, history, topic, without) if limit >= FRESH_EVERY else iter(())
    filled: dict[int, RankedBook] = {}
    work_of = snapshot.catalogue.editions.work_of
    while len(filled) < limit:
        row = next(fresh, None) if len(filled) % FRESH_EVERY == FRESH_EVERY - 1 else None
        if row is not None:
            filled.setdefault(work_of[row], RankedBook(row, 0.0, ReasonKind.NEW))
        elif (row := next(popular, None)) is not None:
            filled.setdefault(work_of[row], snapshot.popular_or_new(row))
        else:
            break
    return list(filled.values())


def _fresh(snapshot: Snapshot, history: History, topic: Topic | None, without: LeftOut) -> Iterator[int]:
    """Fresh books that few have read yet, those in categories that the reader likes first."""
    fresh = without.filtered(snapshot.catalogue.topic(topic).fresh_rows(without.mask))
    readers = snapshot.popularity.readers
    candidates = (row for row in fresh if readers(row) < FRESH_READERS)
    rows = np.fromiter(islice(candidates, FRESH_POOL), dtype=np.int32)
    liked = history.liked
    if len(rows) and len(liked):
        # A stable sort keeps the latest arrivals first in both parts.
        rows = rows[np.argsort(~snapshot.catalogue.in_categories_of(rows, liked), kind="stable")]
    return iter(rows.tolist())
