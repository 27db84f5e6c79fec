"""What is read lately: momentum, the size of the prior, and the likes that both count."""

from dataclasses import replace

import numpy as np
import pytest

from recommendations.model.learning.local_ease import (
    TrainingData,
    fit,
)
from recommendations.model.learning.parameters import Parameters
from recommendations.model.popularity import LASTING, Prior
from tests.recommendations.model.learning import dense

BOOKS = 7


def training_data(
    readers: dense.Rows, features: dense.Rows = (), books: int = BOOKS, days: dense.Rows | None = None
) -> TrainingData:
    return dense.training_data(readers, features, books=books, days=days)


def crowd(readers: int, books: int, each: int, seed: int = 0) -> list[list[int]]:
    """Readers of so many books each."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(books)[:each].tolist() for _ in range(readers)]


def test_momentum_by_hand() -> None:
    """Of two books with the same readers, the one read two half-lives later scores almost four times as much."""
    readers = [[0, 1, 2]] * 4
    chosen = Parameters(half_life_days=10, momentum=1.0, trend=0.0, direction=0.0, popularity_weight=0.0)
    found = dense.score_matrix(fit(training_data(readers, books=3, days=[[20, 20, 0]] * 4), chosen))
    assert found[0, 2] / found[0, 1] == pytest.approx((1 + LASTING) / (1 / 4 + LASTING))
    half = dense.score_matrix(
        fit(training_data(readers, books=3, days=[[20, 20, 0]] * 4), replace(chosen, momentum=0.5))
    )
    assert half[0, 2] / half[0, 1] == pytest.approx(((1 + LASTING) / (1 / 4 + LASTING)) ** 0.5)


def test_momentum_keeps_the_size_of_scores() -> None:
    """A book of the average reader has the factor 1, so that scores stay comparable with popularity."""
    readers = crowd(60, 20, 6)
    days = [[3 * book for book in history] for history in readers]
    data, chosen = training_data(readers, books=20, days=days), Parameters()
    without, with_ = fit(data, chosen), fit(data, replace(chosen, momentum=1.0))
    factors = dense.score_matrix(with_).sum(axis=0) / dense.score_matrix(without).sum(axis=0)
    assert np.mean([factors[book] for history in readers for book in history]) == pytest.approx(1.0)
    assert factors.max() > 1.3
    assert factors.min() < 0.7


def test_the_prior_is_in_units_of_a_nearest_neighbour() -> None:
    """Whatever the scale of S, the weight is relative to it; without neighbours it is the weight itself."""
    readers = crowd(30, BOOKS, 4)
    for regularisation in (1.0, 1e4):
        chosen = Parameters(regularisation=regularisation, popularity_weight=3.0, popularity_growth=0.5)
        learned = fit(training_data(readers), chosen)
        nearest = dense.score_matrix(learned).max(axis=1)
        expected = 3.0 * np.mean([nearest[book] for history in readers for book in history])
        assert learned.prior.weight == pytest.approx(expected, rel=1e-5)
        assert learned.prior.growth == 0.5
    alone = fit(training_data([[0], [1]], books=2), Parameters(popularity_weight=3.0))
    assert alone.prior == Prior(3.0, 0.0)


def test_popularity_alone_has_no_neighbours() -> None:
    """With no neighbours allowed nothing is learned, and any prior gives the order of popularity."""
    learned = fit(training_data(crowd(30, BOOKS, 4)), Parameters(neighbours=0, popularity_weight=0.0))
    assert learned.indptr.tolist() == [0] * (BOOKS + 1)
    assert len(learned.rows) == len(learned.weights) == 0
    assert learned.prior.weight > 0
    assert learned.prior.growth == 0


def test_likes_halve_with_every_half_life() -> None:
    """Each reader counts by the age of their like, with a small part that lasts, and an undated one as an old one."""
    data = training_data([[0, 1], [0, 2], [1]], books=4, days=[[0, 30], [10, 10_000], [0]])
    undated = np.append(data.times[:-1], np.nan)
    data = replace(data, times=undated)
    assert data.recent_likes(10) == pytest.approx([1.5 + 2 * LASTING, 1 / 8 + 1 / 64 + 2 * LASTING, LASTING, 0])
