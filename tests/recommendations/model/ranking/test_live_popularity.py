"""Popularity as of now."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.books import Book, Category
from recommendations.domain.interactions import Event, InteractionKind
from recommendations.model.popularity import SECONDS_A_DAY, Popularity, popularity_of
from recommendations.model.preferences import EventColumns, histories_of
from recommendations.model.ranking import live_popularity
from recommendations.model.ranking.catalogue import Catalogue
from recommendations.model.ranking.catalogue_index import CatalogueIndex
from recommendations.model.ranking.live_histories import LiveHistories
from recommendations.model.ranking.live_popularity import Like, LivePopularity
from recommendations.model.vocabulary import Vocabulary

K = InteractionKind
NOW = 1_790_000_000.0
DAY = SECONDS_A_DAY
BOOKS = Vocabulary(np.array([1, 2, 3], dtype=np.int32))
M = Category.MYSTERY


MOVES = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.sampled_from([K.VIEW, K.CLICK, K.SHOWN]), st.integers(0, 40)),
    max_size=12,
)


@given(MOVES, st.integers(0, 12))
def test_learned_and_live_popularity_agree(moves: list[tuple[int, int, K, int]], trained: int) -> None:
    """As long as nobody unlikes a book, it makes no difference which events the training knew."""
    events = [Event(n, r, b, kind, 0.0, NOW - age * DAY) for n, (r, b, kind, age) in enumerate(moves, 1)]
    known = EventColumns.of([events[:trained]])
    histories = LiveHistories(histories_of(known, BOOKS), BOOKS)
    base = popularity_of(known, BOOKS, half_life_days=10, reference=NOW)
    live = LivePopularity(base, np.zeros(3, dtype=np.int32))
    live.add(histories.observe(events[trained:]))
    order = live.order(
        CatalogueIndex(BOOKS, Catalogue.empty().updated([Book(id=id_, title="") for id_ in (1, 2, 3)]))
    )
    whole = popularity_of(EventColumns.of([events]), BOOKS, half_life_days=10, reference=NOW).weights
    assert [order.weight(row) for row in range(3)] == pytest.approx(whole.tolist())


IDS = st.integers(1, 9)


@given(
    st.lists(st.tuples(IDS, st.integers(0, 3)), unique_by=lambda one: one[0]),
    st.lists(st.lists(st.tuples(IDS, st.sampled_from([0, 10])), max_size=4), max_size=5),
    st.integers(0, 3),
)
def test_moved_books_are_where_sorting_would_put_them(
    facts: list[tuple[int, int]], rounds: list[list[tuple[int, int]]], most_moved: int
) -> None:
    """After each round the order is that of the sums, in each category, whether it was sorted anew or not."""
    books = [
        Book(id=id_, title="", year=2000 + age % 2, categories=(M,) if age > 1 else (), removed=not age)
        for id_, age in facts
    ]
    catalogue = CatalogueIndex(BOOKS, Catalogue.empty().updated(books))
    live = LivePopularity(Popularity(np.array([1.0, 1.0, 0.0]), 10, NOW), np.array([4, 4, 0], dtype=np.int32))
    order = live.order(catalogue)
    sums = {1: 1.0, 2: 1.0}
    readers = {1: 4, 2: 4}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live_popularity, "MOST_MOVED", most_moved)
        for likings in rounds:
            added = live.add([Like(id_, NOW - age * DAY) for id_, age in likings])
            order = live.moved(order, added)
            for id_, age in likings:
                sums[id_] = sums.get(id_, 0) + 2 ** (-age / 10)
                readers[id_] = readers.get(id_, 0) + 1
            for category in (None, M):
                on = [one for one in books if not one.removed and (category is None or category in one.categories)]
                on.sort(key=lambda one: (-round(sums.get(one.id, 0), 9), -(one.year or 0), one.id))
                rows = list(order.rows(category))
                assert catalogue.ids[rows].tolist() == [one.id for one in on]
                assert [order.readers(row) for row in rows] == [readers.get(one.id, 0) for one in on]


def test_equally_popular_books_are_ordered_by_age() -> None:
    """Among equals, moved or not, the newest comes first and then the lowest id."""
    years = {1: 2001, 2: 2001, 3: 2000, 4: 2002, 5: 2001}
    books = [Book(id=id_, title="", year=year) for id_, year in years.items()]
    catalogue = CatalogueIndex(
        Vocabulary(np.array([1, 2, 3, 4, 5], dtype=np.int32)), Catalogue.empty().updated(books)
    )
    live = LivePopularity(Popularity(np.array([1.0, 0.0, 1.0, 1.0, 1.0]), 10, NOW), np.zeros(5, dtype=np.int32))
    order = live.moved(live.order(catalogue), live.add([Like(2, NOW)]))
    assert [int(catalogue.ids[row]) for row in order.rows(None)] == [4, 1, 2, 5, 3]


def test_an_order_that_is_held_does_not_move() -> None:
    """A call that reads the order while events arrive sees one state."""
    catalogue = CatalogueIndex(BOOKS, Catalogue.empty().updated([Book(id=id_, title="") for id_ in (1, 2)]))
    live = LivePopularity(Popularity(np.zeros(3), 10, NOW), np.zeros(3, dtype=np.int32))
    held = live.order(catalogue)
    reading = held.rows(None)
    assert next(reading) == 0
    after = live.moved(held, live.add([Like(2, NOW)]))
    assert list(reading) == [1]
    assert list(held.rows(None)) == [0, 1]
    assert list(after.rows(None)) == [1, 0]
    later = live.moved(after, live.add([Like(1, NOW), Like(1, NOW)]))
    assert (after.weight(0), later.weight(0)) == (0, 2)
    assert list(after.rows(None)) == [1, 0]
