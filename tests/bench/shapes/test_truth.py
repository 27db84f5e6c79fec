"""The weights of books and the tastes of readers follow the formulas of the generative model."""

from dataclasses import replace

import numpy as np
import pytest

from bench.shapes.shape import FAVOURITES, MAIN, Shape
from bench.shapes.truth import NONE, WEEK, Truth

SHAPE = Shape(
    readers=30,
    books=240,
    length=10,
    tastes=6,
    change=0.5,
    half_life=50,
    arriving=0.4,
    season=1.0,
    volumes=4,
    in_order=0.6,
    days=400,
)


def draw(shape: Shape = SHAPE) -> Truth:
    """The truth of a shape."""
    return Truth.draw(shape, np.random.default_rng(3))


def test_distributions_sum_to_one() -> None:
    """Every group has a distribution of books in every week, and every reader a distribution of groups."""
    truth = draw()
    assert truth.weights.shape == (58, 8, 240)
    assert truth.weights.sum(axis=2) == pytest.approx(1)
    assert truth.mixtures.sum(axis=2) == pytest.approx(1)
    assert truth.membership.sum(axis=0) == pytest.approx(1)


def test_tastes_rule_as_strongly_as_stated() -> None:
    """A reader draws from FAVOURITES tastes with the probability `loyalty`, and otherwise from all books."""
    truth = draw()
    assert truth.mixtures[:, :, 0] == pytest.approx(1 - SHAPE.loyalty)
    assert (np.count_nonzero(truth.mixtures, axis=2) == FAVOURITES + 1).all()
    assert (truth.mixtures[0] != truth.mixtures[1]).any()


def test_a_taste_has_the_books_of_its_members() -> None:
    """In the group of a taste a book has its weight times its membership, relative to the others."""
    truth = draw()
    week, taste = 20, 2
    ratio = truth.weights[week, 1 + taste] / np.where(truth.weights[week, 0] > 0, truth.weights[week, 0], 1)
    members = truth.membership[taste] * (truth.weights[week, 0] > 0)
    assert ratio * members.max() == pytest.approx(members * ratio.max())
    assert set(truth.membership[taste].round(6).tolist()) == {0, round(1 - MAIN, 6), MAIN}


def test_books_are_wanted_from_the_day_they_come_out() -> None:
    """A book has no weight before that, in every group of readers."""
    truth = draw()
    days = np.arange(len(truth.weights)) * WEEK
    assert ((truth.weights[:, 0] > 0) == (truth.born <= days[:, None])).all()
    assert np.mean(truth.born > 0) == pytest.approx(SHAPE.arriving, abs=0.1)


def test_popularity_is_halved_after_a_half_life() -> None:
    """Relative to a book of the same age, the weight falls as before; a younger one of half a life is √2 ahead."""
    shape = replace(SHAPE, season=0.0, in_order=0.0, zipf=0.0)
    truth = draw(shape)
    older, younger = np.argsort(truth.born)[[0, 100]]
    week = int(truth.born[younger] // WEEK) + 10
    ratio = truth.weights[week, 0, younger] / truth.weights[week, 0, older]
    assert ratio == pytest.approx(2 ** ((truth.born[younger] - truth.born[older]) / 50))


def test_zipf() -> None:
    """The weight of the n-th book is n^−zipf of the first one's."""
    truth = draw(Shape(readers=3, books=100, length=5, zipf=0.9))
    weights = np.sort(truth.weights[0, 0])[::-1]
    assert weights / weights[0] == pytest.approx(np.arange(1, 101) ** -0.9)


def test_a_season_returns_after_a_year() -> None:
    """Popularity rises and falls by exp(±season), returns after 52 weeks, and differs between books."""
    truth = draw(Shape(readers=3, books=100, length=5, season=1.0, days=800))
    logs = np.log(truth.weights[:, 0] / truth.weights[:, 0].mean(axis=1, keepdims=True))
    swings = logs[:53].max(axis=0) - logs[:53].min(axis=0)
    assert np.median(swings) == pytest.approx(2, abs=0.2)
    assert logs[:50] == pytest.approx(logs[52:102], abs=0.1)
    assert len(set(logs[:52].argmax(axis=0))) > 20


def test_series() -> None:
    """Volumes follow one another to the end of their series, in the same tastes, and come out in order."""
    truth = draw()
    assert truth.next_volume[:8].tolist() == [1, 2, 3, NONE, 5, 6, 7, NONE]
    before = np.flatnonzero(truth.next_volume != NONE)
    assert (truth.born[before] <= truth.born[before + 1]).all()
    assert (truth.membership[:, before] == truth.membership[:, before + 1]).all()


def test_later_volumes_are_rarely_discovered() -> None:
    """Their weight is 1 − in_order of what it would be."""
    shape = Shape(readers=3, books=100, length=5, tastes=4, zipf=0.0, volumes=4, in_order=0.75)
    weights = draw(shape).weights[0, 0].reshape(-1, 4)
    assert weights[:, 1:] / weights[:, :1] == pytest.approx(0.25)


def test_books_of_favourite_tastes_are_liked_more() -> None:
    """The mean rating rises by `opinion` times the membership in a reader's favourites, and so does the liking."""
    truth = draw(Shape(readers=20, books=240, length=10, tastes=6, ratings=True, stars=2.5, opinion=2.0))
    reader, books = np.array(4), np.arange(240)
    favourites = truth.mixtures[0, 4, 1:7] > 0
    mean = truth.mean_rating(reader, books, np.array(0))
    assert mean == pytest.approx(2.5 + 2.0 * truth.membership[favourites].sum(axis=0))
    liked = truth.liked(reader, books, np.array(0))
    assert liked[mean == 2.5] == pytest.approx(0.5)
    assert liked[mean == 4.5] == pytest.approx(0.977, abs=0.001)


def test_every_taste_has_books_on_the_first_day() -> None:
    """Otherwise readers could not choose, and the message says so."""
    with pytest.raises(ValueError, match="too few books"):
        draw(Shape(readers=3, books=12, length=2, tastes=3, arriving=0.99))


def test_without_ratings_all_is_liked() -> None:
    """A purchase is no opinion."""
    liked = draw().liked(np.arange(3)[:, None], np.arange(240), np.array(0))
    assert liked.shape == (3, 240)
    assert (liked == 1).all()
