"""Simulated readers follow the truth of their shop."""

from dataclasses import replace

import numpy as np
import pytest

from bench.shapes.ideal import expected_visits
from bench.shapes.shape import Shape
from bench.shapes.shop import DAY, FIRST_DAY, Shop, make_shop
from bench.shapes.truth import NONE
from recommendations.domain.interactions import InteractionKind
from recommendations.evaluation.interactions import pair_keys

SMALL = Shape(readers=200, books=240, length=12, tastes=6, days=200)
ALL = Shape(
    readers=16_000,
    books=60,
    length=8,
    spread=0.3,
    tastes=4,
    change=0.8,
    half_life=60,
    arriving=0.3,
    season=1.0,
    volumes=3,
    in_order=0.5,
    days=200,
)
"""Whatever the choice of the next book depends on."""


def columns(shop: Shop) -> list[list[float]]:
    """The rows of a shop, with NaN as −1 to compare them."""
    return [np.nan_to_num(column, nan=-1).tolist() for column in vars(shop.interactions).values()]


@pytest.mark.parametrize("shape", [SMALL, replace(SMALL, times=False)])
def test_the_seed_determines_all(shape: Shape) -> None:
    """The same seed gives the same rows and catalogue, another seed others."""
    first, again, other = make_shop(shape, 1), make_shop(shape, 1), make_shop(shape, 2)
    assert columns(first) == columns(again)
    assert first.books == again.books
    assert columns(first) != columns(other)


def test_the_next_book_has_the_stated_probabilities() -> None:
    """Each reader's last book, by the group of readers with the same favourite, is as frequent as the truth says."""
    shop = make_shop(ALL, 1)
    x, truth = shop.interactions, shop.truth
    readers, books, weeks = x.readers - 1, x.books - 1, shop.weeks(x)
    order = np.lexsort((x.times, readers))
    ends = np.append(np.flatnonzero(np.diff(readers[order])), len(order) - 1)
    ends = ends[(ends > 0) & (np.bincount(readers)[readers[order[ends]]] > 1)]
    final, before = order[ends], order[ends - 1]
    rows = readers[final].astype(np.int64)
    known = np.zeros((ALL.readers, ALL.books), dtype=np.bool_)
    known[readers, books] = True
    known[rows, books[final]] = False
    visits = np.zeros((len(rows), len(truth.weights)))
    visits[np.arange(len(rows)), weeks[final]] = 1
    probabilities = expected_visits(truth, rows, visits, books[before].astype(np.int64), known[rows])
    assert probabilities.sum(axis=1) == pytest.approx(1)
    favourite = truth.mixtures[1, rows, 1 : ALL.tastes + 1].argmax(axis=1)
    expected, observed = np.zeros((ALL.tastes, ALL.books)), np.zeros((ALL.tastes, ALL.books))
    np.add.at(expected, favourite, probabilities)
    np.add.at(observed, (favourite, books[final]), 1)
    cells = expected > 5
    chi_squared = ((observed - expected)[cells] ** 2 / expected[cells]).sum()
    freedom = np.count_nonzero(cells)
    assert freedom > 100
    assert abs(chi_squared - freedom) < 3 * (2 * freedom) ** 0.5


def test_nobody_reads_twice_or_too_early() -> None:
    """Without repeats each reader has a book once, and not before it is out."""
    shop = make_shop(ALL)
    x = shop.interactions
    assert len(np.unique(pair_keys(x.readers, x.books))) == len(x)
    assert (shop.truth.born[x.books - 1] * DAY <= x.times - FIRST_DAY.timestamp()).all()


def test_rows_are_in_order_of_time_within_the_days() -> None:
    """All readers' interactions are merged, from the first day to the last."""
    x = make_shop(SMALL).interactions
    assert (np.diff(x.times) >= 0).all()
    days = (x.times - FIRST_DAY.timestamp()) / DAY
    assert 0 <= days.min() < 20
    assert 199 < days.max() < SMALL.days


def test_lengths_of_histories() -> None:
    """The mean number of interactions and its spread are as stated, and at most a quarter of the books."""
    lengths = np.bincount(make_shop(replace(SMALL, readers=2_000)).interactions.readers)[1:]
    assert len(lengths) == 2_000
    assert lengths.mean() == pytest.approx(12, rel=0.06)
    assert np.log(lengths).std() == pytest.approx(SMALL.spread, abs=0.1)
    assert 1 <= lengths.min() < lengths.max() <= 60


def test_bursts() -> None:
    """The stated share of interactions happens within a few days after the reader came."""
    shop = make_shop(replace(SMALL, length=40, burst=0.7, burst_days=1.0))
    x = shop.interactions
    came = np.full(SMALL.readers + 1, np.inf)
    np.minimum.at(came, x.readers, x.times)
    assert np.mean(x.times - came[x.readers] < 5 * DAY) == pytest.approx(0.72, abs=0.06)


def test_repeats() -> None:
    """The stated share of interactions is with a book that the reader has."""
    shape = replace(SMALL, length=40, spread=0.1, repeats=0.3)
    x = make_shop(shape).interactions
    repeated = 1 - len(np.unique(pair_keys(x.readers, x.books))) / len(x)
    assert repeated == pytest.approx(0.3, abs=0.02)


def test_any_earlier_book_is_repeated() -> None:
    """The tenth interaction, if it is a repeat, is with the book of one of the nine before, of each as often."""
    shape = replace(SMALL, readers=4_000, length=12, spread=0.01, repeats=0.5)
    x = make_shop(shape).interactions
    books = x.books[np.argsort(x.readers, kind="stable")]
    starts = np.cumsum(np.bincount(x.readers)[1:]) - np.bincount(x.readers)[1:]
    histories = books[starts[:, None] + np.arange(10)]
    same = histories[:, :9] == histories[:, 9:]
    shares = same.mean(axis=0)
    # Each is repeated with the probability 0.5 / 9; a book that occurs twice counts for both.
    assert shares.min() > 0.5 / 9
    assert shares.max() < 2 * shares.min()


def test_bots_neither_repeat_nor_follow_series() -> None:
    """A bot clicks as many different books as stated, in no order, whatever readers do."""
    shape = replace(SMALL, bots=1, bot_length=150, repeats=0.5, volumes=3, in_order=0.9)
    x = make_shop(shape).interactions
    books = x.books[x.readers == SMALL.readers + 1].astype(np.int64)
    assert len(set(books.tolist())) == len(books) == 150
    assert np.mean(np.diff(books) == 1) < 0.1


def test_kinds() -> None:
    """Interactions are clicks and purchases in the stated proportion, and purchases unless stated."""
    opened = make_shop(replace(SMALL, opens=0.25)).interactions
    assert np.mean(opened.kinds == InteractionKind.CLICK) == pytest.approx(0.25, abs=0.03)
    assert set(opened.kinds.tolist()) == {InteractionKind.CLICK, InteractionKind.PURCHASE}
    assert set(make_shop(SMALL).interactions.kinds.tolist()) == {InteractionKind.PURCHASE}


def test_ratings_are_as_likely_as_stated() -> None:
    """All are whole stars from 1 to 5; as many are likes as the truth says, within and outside the reader's taste."""
    shop = make_shop(replace(SMALL, readers=1_000, ratings=True, stars=2.5, opinion=1.5, change=0.5))
    x, truth = shop.interactions, shop.truth
    assert set(x.values.tolist()) == {1, 2, 3, 4, 5}
    assert set(x.kinds.tolist()) == {InteractionKind.RATING}
    readers, books = x.readers - 1, x.books - 1
    expected = truth.liked(readers, books, shop.weeks(x))
    for part in (expected < 0.7, expected >= 0.7):
        error = (expected[part] * (1 - expected[part])).sum() ** 0.5
        assert part.sum() > 1_000
        assert abs((x.values[part] >= 3).sum() - expected[part].sum()) < 4 * error


def test_without_times_the_order_says_nothing() -> None:
    """Rows are shuffled: the volumes of a series follow each other as often forwards as backwards."""
    x = make_shop(replace(SMALL, readers=1_000, times=False, volumes=3, in_order=0.7)).interactions
    assert np.isnan(x.times).all()
    order = np.argsort(x.readers, kind="stable")
    steps = np.diff(x.books[order].astype(np.int64))[np.diff(x.readers[order]) == 0]
    forwards, backwards = np.count_nonzero(steps == 1), np.count_nonzero(steps == -1)
    assert min(forwards, backwards) > 100
    assert abs(forwards - backwards) < 4 * (forwards + backwards) ** 0.5


def test_catalogue_shows_series_and_tastes() -> None:
    """A series has one author, its name is in the titles, and the subject is the main taste."""
    shop = make_shop(replace(SMALL, volumes=3, in_order=0.5))
    first, second, other = shop.books[1], shop.books[2], shop.books[4]
    assert (first.title, second.title) == ("Title1 (Saga1, #1)", "Title2 (Saga1, #2)")
    assert other.title == "Title4 (Saga2, #1)"
    assert first.authors == second.authors
    assert first.subjects == (f"Taste {shop.truth.membership[:, 0].argmax() + 1}",)
    assert shop.truth.next_volume[2] == NONE


def test_plain_catalogue() -> None:
    """A shape that does not describe its books has titles only."""
    books = make_shop(replace(SMALL, described=False)).books
    assert len(books) == SMALL.books
    assert not any(book.authors or book.subjects or book.added_on for book in books.values())
