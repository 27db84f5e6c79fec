"""The paired bootstrap on differences whose intervals are known."""

import time

import numpy as np
import pytest

from recommendations.evaluation import bootstrap
from recommendations.evaluation.bootstrap import Interval, paired_bootstrap


def test_a_constant_difference_is_certain() -> None:
    """If every reader gains the same, every resample does, and the interval has no width."""
    assert paired_bootstrap(np.full((50, 1), 0.25), 7) == [Interval(0.25, 0.25, 0.25)]


def test_the_interval_of_wins_and_losses_is_that_of_the_binomial_distribution() -> None:
    """Of 100 readers 60 gain 1: 95 % of resamples, by the binomial distribution, have 50 to 69 of them."""
    gains = np.repeat([1.0, 0.0], [60, 40])[:, np.newaxis]
    (interval,) = paired_bootstrap(gains, 7, resamples=20_000)
    assert interval.mean == pytest.approx(0.6)
    assert interval.low == pytest.approx(0.50, abs=0.0101)
    assert interval.high == pytest.approx(0.69, abs=0.0101)


def test_with_many_readers_the_interval_is_that_of_the_normal_distribution() -> None:
    """It is the mean ± 1.96 standard errors."""
    gains = np.random.default_rng(1).normal(0.1, 2.0, (4_000, 1))
    (interval,) = paired_bootstrap(gains, 7)
    margin = 1.96 * gains.std() / 4_000**0.5
    assert interval.high - interval.mean == pytest.approx(margin, rel=0.08)
    assert interval.mean - interval.low == pytest.approx(margin, rel=0.08)


def test_it_is_paired() -> None:
    """Models that err on the same readers differ surely, however much the readers differ from one another."""
    hard = np.random.default_rng(1).random(500)
    difference = (hard * 0.9 + 0.01 - hard * 0.9)[:, np.newaxis]
    (interval,) = paired_bootstrap(difference, 7)
    assert (interval.low, interval.high) == pytest.approx((0.01, 0.01))


def test_all_columns_are_compared_over_the_same_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column and its negative have mirrored intervals, also if resamples are drawn in several parts."""
    gains = np.random.default_rng(1).normal(0.1, 1.0, (80, 1))
    whole = paired_bootstrap(np.hstack([gains, -gains]), 7)
    assert (whole[0].low, whole[0].high) == pytest.approx((-whole[1].high, -whole[1].low))
    monkeypatch.setattr(bootstrap, "DRAWN", 100)
    parts = paired_bootstrap(np.hstack([gains, -gains]), 7)
    assert (parts[0].low, parts[0].high) == pytest.approx((-parts[1].high, -parts[1].low))
    assert parts[0].low == pytest.approx(whole[0].low, abs=0.03)


def test_it_depends_on_the_seed_alone() -> None:
    """The same seed gives the same interval, another seed a slightly different one."""
    gains = np.random.default_rng(1).normal(0.1, 1.0, (300, 2))
    assert paired_bootstrap(gains, 7) == paired_bootstrap(gains, 7) != paired_bootstrap(gains, 8)


def test_a_single_reader() -> None:
    """Nothing can be drawn but that reader."""
    assert paired_bootstrap(np.array([[0.5]]), 7) == [Interval(0.5, 0.5, 0.5)]


@pytest.mark.slow
def test_ten_thousand_readers_take_well_under_a_second() -> None:
    """Eight models are compared, by two metrics each; measured in processor time, because others use the machine."""
    gains = np.random.default_rng(1).normal(0.1, 1.0, (10_000, 16))
    started = time.process_time()
    paired_bootstrap(gains, 7)
    assert time.process_time() - started < 2
