"""Current popularity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.books import Book, Category
from recommendations.domain.interactions import Event, InteractionKind
from recommendations.model.popularity import LASTING, MOST_POPULAR, SECONDS_A_DAY, FirstLikes, Popularity, relative
from recommendations.model.preferences import EventColumns, histories_of
from recommendations.model.ranking import live_popularity
from recommendations.model.ranking.catalogue import Catalogue
from recommendations.model.ranking.catalogue_index import CatalogueIndex
from recommendations.model.ranking.live_histories import LiveHistories
from recommendations.model.ranking.live_popularity import Like, LivePopularity, PopularityOrder
from recommendations.model.vocabulary import ABSENT, Vocabulary

K = InteractionKind
NOW = 1_790_000_000.0
DAY = SECONDS_A_DAY
BOOKS = Vocabulary(np.array([1, 2, 3], dtype=np.int32))
M = Category.MYSTERY


MOVES = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.sampled_from([K.VIEW, K.CLICK, K.SHOWN]), st.integers(0, 40)),
    max_size=12,
)


@pytest.mark.slow
@given(MOVES, st.integers(0, 12))
def test_learned_and_live_popularity_agree(moves: list[tuple[int, int, K, int]], trained: int) -> None:
    """Unless somebody unlikes a book, it makes no difference which events came before the training."""
    events = [Event(n, r, b, kind, 0.0, NOW - age * DAY) for n, (r, b, kind, age) in enumerate(moves, 1)]
    known = EventColumns.of([events[:trained]])
    histories = LiveHistories(histories_of(known, BOOKS), BOOKS)
    base = FirstLikes.of(known, BOOKS).popularity(half_life_days=10, reference=NOW)
    live = LivePopularity(base, np.zeros(3, dtype=np.int32))
    live.add(histories.observe(events[trained:]))
    order = live.order(
        CatalogueIndex(BOOKS, Catalogue.empty().updated([Book(id=id_, title="") for id_ in (1, 2, 3)]))
    )
    whole = FirstLikes.of(EventColumns.of([events]), BOOKS).popularity(half_life_days=10, reference=NOW).weights
    assert [order.weight(row) for row in range(3)] == pytest.approx(whole.tolist())


IDS = st.integers(1, 9)


def merged(order: PopularityOrder, category: Category | None) -> list[int]:
    """The order in which the ranking reads the two arrays: by popularity, each row at its first place."""
    rows, lately, current = order.popular(category)
    assert not any(array.flags.writeable for array in (rows, lately, current))
    assert (np.diff(current[lately]) <= 0).all()
    assert (np.diff(current[rows[~np.isin(rows, lately)]]) <= 0).all()
    assert {*lately.tolist()} <= {*rows.tolist()}
    return sorted(rows.tolist(), key=order.key)


@given(
    st.lists(st.tuples(IDS, st.integers(0, 3)), unique_by=lambda pair: pair[0]),
    st.lists(st.lists(st.tuples(IDS, st.sampled_from([0, 10])), max_size=4), max_size=5),
    st.integers(0, 3),
)
def test_live_order_equals_sorting(
    facts: list[tuple[int, int]], rounds: list[list[tuple[int, int]]], most_moved: int
) -> None:
    """After each round, every category is in the order of the sums, whether it was sorted again or not.

    The popularity of each book is relative to that of the most popular ones, and so are the arrays of the ranking.
    """
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
                sums[id_] = sums.get(id_, 0) + 2 ** (-age / 10) + LASTING
                readers[id_] = readers.get(id_, 0) + 1
            for category in (None, M):
                expected = [
                    book for book in books if not book.removed and (category is None or category in book.categories)
                ]
                expected.sort(key=lambda book: (-round(sums.get(book.id, 0), 9), -(book.year or 0), book.id))
                rows = list(order.rows(category))
                assert catalogue.ids[rows].tolist() == [book.id for book in expected]
                assert [order.readers(row) for row in rows] == [readers.get(book.id, 0) for book in expected]
                assert merged(order, category) == rows
            # Removed books count among the most popular ones, and those that the catalogue lacks do not.
            weights = np.array([sums.get(id_, 0.0) for id_ in catalogue.ids.tolist()])
            weights[catalogue.catalogue_rows == ABSENT] = [
                weight for id_, weight in {1: 1.0, 2: 1.0, 3: 0.0}.items() if id_ not in {book.id for book in books}
            ]
            assert order.popular(None).popularity == pytest.approx(relative(weights))


def test_equally_popular_books_are_ordered_by_age() -> None:
    """Among equally popular books the newest comes first, then the lowest id."""
    years = {1: 2001, 2: 2001, 3: 2000, 4: 2002, 5: 2001}
    books = [Book(id=id_, title="", year=year) for id_, year in years.items()]
    catalogue = CatalogueIndex(
        Vocabulary(np.array([1, 2, 3, 4, 5], dtype=np.int32)), Catalogue.empty().updated(books)
    )
    like = 1 + LASTING
    live = LivePopularity(Popularity(np.array([like, 0.0, like, like, like]), 10, NOW), np.zeros(5, dtype=np.int32))
    order = live.moved(live.order(catalogue), live.add([Like(2, NOW)]))
    assert [int(catalogue.ids[row]) for row in order.rows(None)] == [4, 1, 2, 5, 3]


def test_an_order_that_a_call_reads_never_changes() -> None:
    """A call sees a single state while events arrive."""
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
    assert (after.weight(0), later.weight(0)) == (0, 2 + 2 * LASTING)
    assert list(after.rows(None)) == [1, 0]
    # Relative to the mean of both.
    popularities = [order.popular(None).popularity[:2].tolist() for order in (held, after, later)]
    assert popularities == [[0, 0], [0, pytest.approx(3)], [pytest.approx(2), pytest.approx(1)]]


@pytest.mark.parametrize("most_moved", [0, 300])
@pytest.mark.parametrize("days", [0, 30, 3_000, 100_000])
def test_popularity_long_after_the_training(days: int, most_moved: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However late, likes decide the order among themselves, and the most popular books have a popularity of about 1.

    It makes no difference whether the order was sorted again.
    """
    monkeypatch.setattr(live_popularity, "MOST_MOVED", most_moved)
    books = Vocabulary(np.arange(1, 101, dtype=np.int32))
    catalogue = CatalogueIndex(books, Catalogue.empty().updated([Book(id=id_, title="") for id_ in range(1, 101)]))
    trained = np.linspace(0, 50, 100)
    live = LivePopularity(Popularity(trained, 10, NOW), np.zeros(100, dtype=np.int32))
    order = live.order(catalogue)
    for id_ in range(1, 51):
        order = live.moved(order, live.add([Like(id_, NOW + days * DAY)] * (51 - id_) * 5))
    popularity = order.popular(None).popularity
    assert np.isfinite(popularity).all()
    assert np.sort(popularity)[-MOST_POPULAR:].mean() == pytest.approx(1)
    assert 0 <= popularity.min() < popularity.max() <= MOST_POPULAR
    rows = list(order.rows(None))
    assert rows[:10] == [*range(10)]
    assert (np.diff(popularity[rows]) <= 0).all()
    if days:
        assert rows[:50] == [*range(50)]
        # Of books without further likes, the order is as before.
        assert rows[50:] == [*range(99, 49, -1)]
