"""The ideal lists follow from the truth."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from bench.shapes.ideal import books_out, expected_visits, ideal_ranker, last_week
from bench.shapes.shape import Shape
from bench.shapes.shop import Shop, make_shop
from bench.shapes.truth import NONE, Truth
from recommendations.evaluation.split import Split, random_split, temporal_split
from recommendations.evaluation.task import Task, make_task

SHAPE = Shape(readers=300, books=240, length=15, tastes=6, days=200)
SERIES = replace(SHAPE, volumes=6, in_order=0.7)
CHANGING = replace(SHAPE, arriving=0.4, half_life=40, change=1.0)


def task_of(shop: Shop, hold_out: Split) -> Task:
    """The task of a hold-out; the catalogue has the books that are out at its end."""
    books = books_out(shop, last_week(shop, hold_out.training))
    return make_task(hold_out, np.array(sorted(books), dtype=np.int32), k=20, seed=1)[0]


def expected(truth: Truth, visits: list[list[float]], last: list[int], known: list[int]) -> npt.NDArray[np.float64]:
    """The expected visits of the first readers, who know these books."""
    mask = np.zeros((len(last), truth.shape.books), dtype=np.bool_)
    mask[:, known] = True
    return expected_visits(truth, np.arange(len(last)), np.array(visits), np.array(last), mask)


@pytest.mark.parametrize("shape", [SHAPE, SERIES])
def test_every_visit_chooses_one_new_book(shape: Shape) -> None:
    """A reader's expected visits sum to their number, and are never of a known book."""
    truth = make_shop(shape).truth
    visits = expected(truth, [[1], [7], [3]], [NONE, 1, 40], known=[0, 1, 2, 40])
    assert visits.sum(axis=1) == pytest.approx([1, 7, 3])
    assert (visits[:, [0, 1, 2, 40]] == 0).all()
    assert (visits >= 0).all()


def test_a_series_goes_on() -> None:
    """The next volume is expected with `in_order`, the one after it with its square if the reader comes twice."""
    truth = make_shop(SERIES).truth
    once, twice = expected(truth, [[1], [2]], [12, 12], known=[12])
    assert once[13] == pytest.approx(0.7, abs=0.01)
    assert once[14] < 0.02
    assert twice[14] == pytest.approx(0.49, abs=0.02)


def test_a_known_volume_stops_a_series() -> None:
    """A reader who has the next volume draws from all books, as does one whose series is complete."""
    truth = make_shop(SERIES).truth
    known = [12, 13, 17]
    chosen = expected(truth, [[1], [1], [1]], [12, 17, NONE], known)
    drawn = truth.discovery(np.arange(3), np.ones((3, 1)))
    drawn[:, known] = 0
    assert chosen == pytest.approx(drawn / drawn.sum(axis=1, keepdims=True))


def test_visits_count_by_week() -> None:
    """Half the visits in one week and half in another are the mean of both."""
    truth = make_shop(CHANGING).truth
    weeks = len(truth.weights)
    early, late, both = np.zeros((3, weeks))
    early[2], late[-1], both[2], both[-1] = 1, 1, 0.5, 0.5
    results = [expected(truth, [visits.tolist()], [NONE], known=[])[0] for visits in (early, late, both)]
    assert results[2] == pytest.approx((results[0] + results[1]) / 2)
    assert np.abs(results[0] - results[1]).sum() > 0.5


def test_lists_are_of_the_books_that_are_out() -> None:
    """Each list has k new books of the catalogue, and none that comes out after the training part."""
    shop = make_shop(CHANGING)
    hold_out = temporal_split(shop.interactions)
    task = task_of(shop, hold_out)
    readers = next(task.chunks())
    lists = ideal_ranker(shop, hold_out, task)(readers)
    assert len(task.catalogue) < CHANGING.books
    assert {book for row in lists for book in row} <= set(task.catalogue.ids.tolist())
    assert {len(set(row)) for row in lists} == {20}
    for reader, row in zip(readers.tolist(), lists, strict=True):
        assert not set(row) & set(task.known.of_reader(reader).tolist())


def test_lists_are_for_the_weeks_in_which_readers_come() -> None:
    """Who comes at the beginning of the test part is listed what is wanted then, and others what is at its end."""
    shop = make_shop(replace(SHAPE, season=3.0, burst=1.0, burst_days=20, days=730))
    hold_out = temporal_split(shop.interactions)
    task = task_of(shop, hold_out)

    def wanted(rows: slice, week: int) -> float:
        part = np.zeros(len(hold_out.test), dtype=np.bool_)
        part[rows] = True
        some = Split(hold_out.training, hold_out.test.where(part))
        lists = ideal_ranker(shop, some, task)(np.unique(some.test.readers))
        return float(shop.truth.weights[week, 0, np.array(lists) - 1].mean())

    first, last = int(shop.weeks(hold_out.test)[0]), int(shop.weeks(hold_out.test)[-1])
    early, late = slice(None, 100), slice(-100, None)
    assert last - first > 5
    assert wanted(early, first) > 1.1 * wanted(late, first)
    assert wanted(late, last) > 1.1 * wanted(early, last)


def test_the_catalogue_of_a_week() -> None:
    """It has the books that have come out; a constant shop's has all."""
    shop = make_shop(CHANGING)
    assert set(books_out(shop, 10)) == set((np.flatnonzero(shop.truth.born <= 70) + 1).tolist())
    assert len(books_out(make_shop(SHAPE), 0)) == SHAPE.books


def test_the_next_volume_leads_the_list() -> None:
    """Who has just read a volume, and has not read the next one, finds it first, but for rare exceptions."""
    shop = make_shop(SERIES)
    hold_out = temporal_split(shop.interactions)
    task = task_of(shop, hold_out)
    last = dict(zip(hold_out.training.readers.tolist(), hold_out.training.books.tolist(), strict=True))
    readers = next(task.chunks())
    leading = []
    for reader, row in zip(readers.tolist(), ideal_ranker(shop, hold_out, task)(readers), strict=True):
        following = int(shop.truth.next_volume[last[reader] - 1]) + 1
        if following and following not in task.known.of_reader(reader):
            leading.append(row[0] == following)
    assert len(leading) > 30
    assert np.mean(leading) > 0.95


def test_books_that_would_be_disliked_come_later() -> None:
    """With ratings, the order is by the probability that the reader chooses and likes a book."""
    shape = replace(SHAPE, ratings=True, stars=1.5, opinion=3.0, loyalty=0.3)
    shop = make_shop(shape)
    hold_out = random_split(shop.interactions, 1)
    task = task_of(shop, hold_out)
    readers = next(task.chunks())
    lists = ideal_ranker(shop, hold_out, task)(readers)
    indifferent = Shop(shop.interactions, shop.books, replace(shop.truth, shape=replace(shape, ratings=False)))
    others = ideal_ranker(indifferent, hold_out, task)(readers)

    def liked(found: list[list[int]]) -> float:
        rows = np.array(found) - 1
        return float(shop.truth.liked(readers[:, None] - 1, rows, np.array(0)).mean())

    assert liked(lists) > liked(others) + 0.15
