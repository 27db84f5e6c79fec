"""From one state of everything and a request to a list: rows, scores and reasons, and nothing else happens."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from recommendations.domain.books import Category
from recommendations.domain.recommending import ReasonKind, Selection
from recommendations.model.ranking.chosen import Choice, Chosen
from recommendations.model.ranking.state import History, State
from recommendations.model.vocabulary import Rows

FRESH_EVERY = 5
"""Of the places that personal books leave free every so manieth goes to a fresh book."""
FRESH_READERS = 10
"""With so many readers a book has been tried enough."""
FRESH_CHOICE = 100
"""So many fresh books, the latest arrivals, are looked through for those on shelves that the reader likes."""


def choose(
    state: State, history: History, *, selection: Selection, category: Category | None, excluded: Rows, most: int
) -> Chosen:
    """The list for a request, `most` books at most; `excluded` are rows that must not be on it."""
    if selection == Selection.FOR_YOU:
        return _for_you(state, history, category, excluded, most)
    never = {*history.gone, *excluded.tolist()}
    match selection:
        case Selection.POPULAR:
            popular = (row for row in state.popular.rows(category) if row not in never)
            return state.chosen(map(state.chosen_by_all, state.varied_order(popular, most)))
        case Selection.NEW:
            newest = (row for row in state.stock.shelf(category).newest_rows() if row not in never)
            return state.chosen(Choice(row, 0.0, ReasonKind.NEW) for row in state.varied_order(newest, most))


def _for_you(state: State, history: History, category: Category | None, excluded: Rows, most: int) -> Chosen:
    """What the reader would enjoy, then what is popular and fresh, last what they merely looked at."""
    chosen = _personal(state, history, category, excluded, most)
    left = most - len(chosen.scores)
    if not left:
        return chosen
    listed = chosen.rows
    never = {*history.gone, *excluded.tolist(), *listed}
    unknown = never.union(history.rows.tolist())
    filled = _fill(state, history, category, without=unknown, listed=listed, most=left)
    never.update(one.row for one in filled)
    familiar = (row for row in state.popular.rows(category) if row not in never)
    filled += map(state.chosen_by_all, islice(familiar, left - len(filled)))
    return chosen.followed_by(state.chosen(filled))


def _personal(state: State, history: History, category: Category | None, excluded: Rows, most: int) -> Chosen:
    if not len(history.rows):
        return state.chosen(())
    return state.ranked(history, state.stock.shelf(category).has, excluded, most)


def _fill(
    state: State, history: History, category: Category | None, *, without: set[int], listed: list[int], most: int
) -> list[Choice]:
    """What is popular lately, after it what nobody has read yet, and at every fifth place a fresh book."""
    order = (row for row in state.popular.rows(category) if row not in without)
    popular = iter(state.varied_order(order, most, listed=listed))
    fresh = _fresh(state, history, category, without) if most >= FRESH_EVERY else iter(())
    filled: dict[int, Choice] = {}
    while len(filled) < most:
        row = next(fresh, None) if len(filled) % FRESH_EVERY == FRESH_EVERY - 1 else None
        if row is not None:
            filled.setdefault(row, Choice(row, 0.0, ReasonKind.NEW))
        elif (row := next(popular, None)) is not None:
            filled.setdefault(row, state.chosen_by_all(row))
        else:
            break
    return list(filled.values())


def _fresh(state: State, history: History, category: Category | None, without: set[int]) -> Iterator[int]:
    """Fresh books that few have read yet, first those on shelves that the reader likes."""
    fresh = state.stock.shelf(category).fresh
    candidates = (row for row in fresh if row not in without and state.popular.readers(row) < FRESH_READERS)
    rows = np.fromiter(islice(candidates, FRESH_CHOICE), dtype=np.int32)
    liked = history.liked
    if len(rows) and len(liked):
        # A stable sort: within either part the latest arrivals stay first.
        rows = rows[np.argsort(~state.stock.stand_on_shelves_of(rows, liked), kind="stable")]
    return iter(rows.tolist())
