"""Each named shape has the property that it is named for, and its ideal lists are better than popularity."""

from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from bench.shapes.ideal import books_out, ideal_ranker, last_week
from bench.shapes.named import SHAPES
from bench.shapes.shape import Shape
from bench.shapes.shop import DAY, Shop, make_shop
from bench.shapes.truth import NONE
from recommendations.domain.editions import keys_of
from recommendations.domain.interactions import InteractionKind
from recommendations.evaluation.baselines.simple import Ranker, train_popularity
from recommendations.evaluation.interactions import Interactions, pair_keys
from recommendations.evaluation.metrics import Evaluator, Metrics
from recommendations.evaluation.split import default_split, split
from recommendations.evaluation.task import Task, make_task

Floats = npt.NDArray[np.float64]

pytestmark = pytest.mark.slow


@cache
def shop_of(name: str) -> Shop:
    """A named shop."""
    return make_shop(SHAPES[name])


def metrics_of(task: Task, ranker: Ranker) -> Metrics:
    """The metrics of a ranker."""
    evaluator = Evaluator(task)
    for readers in task.chunks():
        evaluator.add(readers.tolist(), ranker(readers))
    return evaluator.metrics()


def popularity(shop: Shop, rows: npt.NDArray[np.bool_]) -> Floats:
    """The number of these interactions with each book."""
    books = shop.interactions.books[rows] - 1
    return np.bincount(books, minlength=shop.truth.shape.books).astype(np.float64)


def days_of(shop: Shop) -> Floats:
    """The time of each interaction in days before the last one."""
    times = shop.interactions.times
    days: Floats = (times.max() - times) / DAY
    return days


def by_reader(x: Interactions) -> npt.NDArray[np.int64]:
    """The interactions ordered by reader, then by time."""
    return np.argsort(x.readers, kind="stable")


@pytest.mark.parametrize("name", SHAPES)
def test_the_ideal_list_is_better_than_popularity(name: str) -> None:
    """By a fifth at least, in recall and NDCG, on the hold-out that `evaluate` chooses."""
    shop = shop_of(name)
    hold_out = split(shop.interactions, default_split(shop.interactions), 7)
    books = books_out(shop, last_week(shop, hold_out.training))
    task, _counts = make_task(hold_out, np.array(sorted(books), dtype=np.int32), k=20, seed=7)
    ideal, popular = metrics_of(task, ideal_ranker(shop, hold_out, task)), metrics_of(task, train_popularity(task))
    assert ideal.recall > 1.2 * popular.recall
    assert ideal.ndcg > 1.2 * popular.ndcg


@pytest.mark.parametrize("name", SHAPES)
def test_sizes(name: str) -> None:
    """A shop has the stated readers and books, none of which is an edition of another, and times if stated."""
    shop, shape = shop_of(name), SHAPES[name]
    assert len(np.unique(shop.interactions.readers)) == shape.readers + shape.bots
    assert list(shop.books) == list(range(1, shape.books + 1))
    works = [keys_of(book.title, book.authors, book.work).titles or (book.title,) for book in shop.books.values()]
    assert len({title for titles in works for title in titles}) == sum(map(len, works))
    assert shop.interactions.dated.all() == shape.times


def test_small() -> None:
    """Few readers of few books rate most of theirs within a week; what is popular differs between first and last."""
    shop = shop_of("small")
    x = shop.interactions
    assert len(x) / SHAPES["small"].readers == pytest.approx(100, rel=0.1)
    assert set(x.kinds.tolist()) == {InteractionKind.RATING}
    came = np.full(x.readers.max() + 1, np.inf)
    np.minimum.at(came, x.readers, x.times)
    assert np.mean(x.times - came[x.readers] < 7 * DAY) > 0.7
    ages = days_of(shop)
    first, last = popularity(shop, ages > 480), popularity(shop, ages < 240)
    halves = np.random.default_rng(1).random(len(x)) < 0.5
    same = popularity(shop, (ages < 240) & halves), popularity(shop, (ages < 240) & ~halves)
    assert np.corrcoef(first, last)[0, 1] < 0.7 < np.corrcoef(*same)[0, 1]


@pytest.mark.parametrize(("name", "most"), [("few-readers", 1), ("fifty-readers", 3)])
def test_few_readers(name: str, most: int) -> None:
    """Most books have hardly any reader, and popular ones have some."""
    shop = shop_of(name)
    pairs = np.unique(pair_keys(shop.interactions.readers, shop.interactions.books))
    readers_of = np.bincount(pairs & 0xFFFFFFFF, minlength=len(shop.books) + 1)[1:]
    assert np.median(readers_of) <= most
    assert readers_of.max() > 20


def test_long_histories() -> None:
    """Almost every reader has at least two hundred books."""
    lengths = np.bincount(shop_of("long-histories").interactions.readers)[1:]
    assert np.median(lengths) == pytest.approx(300, rel=0.05)
    assert np.quantile(lengths, 0.02) > 180


@pytest.mark.parametrize("name", SHAPES)
def test_repeats(name: str) -> None:
    """More than a third of the interactions are with a book that the reader has, only in that shape."""
    x = shop_of(name).interactions
    repeated = 1 - len(np.unique(pair_keys(x.readers, x.books))) / len(x)
    assert (repeated > 0.33) == (name == "repeats")
    assert repeated == 0 or name == "repeats"


def test_seasons() -> None:
    """What was popular a year ago predicts better than what was half a year ago."""
    shop = shop_of("seasons")
    ages = days_of(shop)
    now = popularity(shop, ages < 60)
    half, year = (popularity(shop, (ages >= start) & (ages < start + 60)) for start in (182, 365))
    assert np.corrcoef(now, year)[0, 1] > np.corrcoef(now, half)[0, 1] + 0.3


def similarity_of_tastes(shape: Shape) -> float:
    """The mean cosine of each reader's main tastes of books in the first and the last third of the history."""
    shop = make_shop(shape)
    x, ages = shop.interactions, days_of(shop)
    parts = []
    for part in (ages > shape.days * 2 / 3, ages < shape.days / 3):
        counts = np.zeros((shape.readers + 1, shape.tastes))
        np.add.at(counts, (x.readers[part], shop.truth.main_tastes[x.books[part] - 1]), 1)
        parts.append(counts)
    both = np.logical_and(*(part.sum(axis=1) > 10 for part in parts))
    first, last = (part[both] / np.linalg.norm(part[both], axis=1, keepdims=True) for part in parts)
    assert len(first) > 150
    return float((first * last).sum(axis=1).mean())


def test_drift() -> None:
    """Readers' tastes change, unlike without `change`, and most of the latest interactions are with new books."""
    shape = SHAPES["drift"]
    assert similarity_of_tastes(shape) < similarity_of_tastes(replace(shape, change=0.0)) - 0.2
    shop = shop_of("drift")
    latest = shop.interactions.books[days_of(shop) < 30] - 1
    assert np.mean(shop.truth.born[latest] > 0) > 0.5


def test_series() -> None:
    """After a volume with a next one that the reader does not have, that one follows in most cases."""
    shop = shop_of("series")
    x, order = shop.interactions, by_reader(shop.interactions)
    readers, books = x.readers[order], x.books[order].astype(np.int64) - 1
    following = shop.truth.next_volume[books[:-1]]
    first = {key: row for row, key in reversed(list(enumerate(pair_keys(readers, books.astype(np.int32)).tolist())))}
    follows = [
        books[row + 1] == following[row]
        for row in np.flatnonzero((readers[:-1] == readers[1:]) & (following != NONE)).tolist()
        if first.get((int(readers[row]) << 32) | int(following[row]), row) >= row
    ]
    assert len(follows) > 10_000
    assert np.mean(follows) > 0.65


def test_only_ratings() -> None:
    """All are ratings, a third of them bad, most often of books outside the reader's tastes."""
    shop = shop_of("only-ratings")
    x, truth = shop.interactions, shop.truth
    assert set(x.kinds.tolist()) == {InteractionKind.RATING}
    disliked = x.values < 3
    assert 0.28 < disliked.mean() < 0.4
    fits = truth.mean_rating(x.readers - 1, x.books - 1, shop.weeks(x))
    assert fits[~disliked].mean() - fits[disliked].mean() > 0.25 * truth.shape.opinion


def test_no_times() -> None:
    """Nothing has a time, and the rows have no order."""
    x = shop_of("no-times").interactions
    assert not x.dated.any()
    assert set(x.kinds.tolist()) == {InteractionKind.PURCHASE}
    assert 0.45 < np.mean(np.diff(x.books) > 0) < 0.55
    assert 0.45 < np.mean(np.diff(x.readers) > 0) < 0.55


def test_bestsellers() -> None:
    """The popularity of the month before predicts twice as well as that of all time; readers stay a few weeks."""
    shop = shop_of("bestsellers")
    x, ages = shop.interactions, days_of(shop)
    now = popularity(shop, ages < 15)
    month, ever = (popularity(shop, (ages >= 15) & (ages < most)) for most in (45, 1_000))
    sold = [now[np.argsort(-before)[:20]].sum() / now.sum() for before in (month, ever)]
    assert sold[0] > 2 * sold[1]
    stays = np.zeros(x.readers.max() + 1)
    np.maximum.at(stays, x.readers, x.times)
    came = np.full_like(stays, np.inf)
    np.minimum.at(came, x.readers, x.times)
    assert np.median((stays - came)[1:]) < 45 * DAY


def test_taste_hardly_matters_for_bestsellers() -> None:
    """A reader's books are of the same taste little more often than those of different readers; elsewhere often."""

    def same_taste(name: str) -> float:
        shop = shop_of(name)
        order = by_reader(shop.interactions)
        tastes = shop.truth.main_tastes[shop.interactions.books[order] - 1]
        readers = shop.interactions.readers[order]
        same = (tastes[1:] == tastes[:-1])[readers[1:] == readers[:-1]].mean()
        chance = np.mean(tastes == np.random.default_rng(1).permutation(tastes))
        return float(same / chance)

    assert same_taste("bestsellers") < 1.5
    assert same_taste("repeats") > 3


def test_bots() -> None:
    """Three accounts click thousands of books that have nothing to do with what others read."""
    shop = shop_of("a-bot")
    x, shape = shop.interactions, SHAPES["a-bot"]
    lengths = np.bincount(x.readers)
    assert lengths[-shape.bots :].tolist() == [2_500] * 3
    assert lengths[1 : -shape.bots].max() < 2_500 / 2
    bots = x.readers > shape.readers
    assert set(x.kinds[bots].tolist()) == {InteractionKind.CLICK}
    assert set(x.kinds[~bots].tolist()) == {InteractionKind.PURCHASE}
    by_others, by_bots = popularity(shop, ~bots), popularity(shop, bots)
    assert abs(np.corrcoef(by_others, by_bots)[0, 1]) < 0.06
    popular = np.argsort(-by_others)[: shape.books // 10]
    assert by_bots[popular].sum() / by_bots.sum() == pytest.approx(0.1, abs=0.01)
