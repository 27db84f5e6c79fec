"""Trials on hold-outs: when one is better, and the steps along a line of parameters."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.model.learning.holdout import HoldOut
from recommendations.model.learning.local_ease import TrainingData, fit
from recommendations.model.learning.parameters import Parameters
from recommendations.model.learning.search_space import changed
from recommendations.model.learning.trials import CachedFit, Scored, Trial, Tuner
from tests.recommendations.model.learning import dense


def scored(*scores: Sequence[float], parameters: Parameters | None = None) -> Scored:
    """A trial with these scores of readers, for each kind of hold-outs."""
    trial = Trial("trial", parameters or Parameters(), 0.0, 0.0, 0.0)
    return Scored(trial, [np.array(values, dtype=float) for values in scores])


def never() -> float:
    """A clock that stands still."""
    return 0.0


@pytest.mark.parametrize(
    ("gains", "better"),
    [
        ([[1, -1, 1, 1]], True),  # 0.5 ± 0.433
        ([[1, -1, 1, 0]], False),  # 0.25 ± 0.415
        ([[0, 0, 0, 0]], False),
        ([[0.001] * 4], True),
        ([[-0.001] * 4], False),
        ([[1, -1, 1, 0], [1, -1, 1, 0]], False),  # 0.5 ± 0.586
        ([[1, -1, 1, 1], [1, -1, 1, 0]], True),  # 0.75 ± 0.6
        ([[1, -1, 1, 1], []], True),
        ([[], []], False),
        ([[0.5, 0.5], [-0.4] * 50], True),
    ],
)
def test_better_is_better_by_more_than_noise(gains: list[list[float]], better: bool) -> None:
    """The mean of the gains over kinds of hold-outs exceeds one standard error, or there is no gain."""
    before = [[3.0] * len(values) for values in gains]
    after = [[3.0 + gain for gain in values] for values in gains]
    assert scored(*after).is_better_than(scored(*before)) is better


def test_how_far_a_trial_is_ahead() -> None:
    """The mean gain, kinds having equal weight, and its standard error; kinds without readers do not count."""
    assert scored([1, 2, 3]).ahead_of(scored([0, 0, 0])) == pytest.approx((2, (2 / 3 / 3) ** 0.5))
    one, other = scored([3, 1], [5] * 8), scored([0, 0], [4] * 8)
    assert one.ahead_of(other) == pytest.approx(((2 + 1) / 2, (1 / 2) ** 0.5 / 2))
    assert other.ahead_of(one) == pytest.approx((-1.5, (1 / 2) ** 0.5 / 2))
    assert scored([3, 1], []).ahead_of(scored([0, 0], [])) == pytest.approx((2, (1 / 2) ** 0.5))
    assert scored([], []).ahead_of(scored([], [])) == (0, 0)
    assert one.ahead_of(one) == (0, 0)


def test_differences_are_of_the_same_readers() -> None:
    """A small gain of every reader counts, however different the readers are."""
    before, after = scored([0, 10, 20, 30]), scored([0.1, 10.1, 20.1, 30.1])
    assert after.is_better_than(before)
    assert after.ahead_of(before) == pytest.approx((0.1, 0), abs=1e-9)


class Scripted(Tuner):
    """A tuner whose scores are a given function of the parameters, with time for a number of trials."""

    def __init__(self, score: Callable[[Parameters], float], trials: int = 100) -> None:
        super().__init__(dense.training_data([], books=1), [], deadline=0.0, clock=never)
        self.score = score
        self.names: list[str] = []
        self._left = trials

    @property
    def in_time(self) -> bool:
        """Whether some trials are left."""
        return len(self.names) < self._left

    def attempt(self, name: str, parameters: Parameters) -> Scored:
        self.names.append(name)
        return scored([self.score(parameters)], parameters=parameters)


DECAYS = [{"recency_decay": value} for value in (0.0, 0.1, 0.2, 0.35, 0.5)]


@pytest.mark.parametrize(
    ("best", "names", "found"),
    [
        (0.5, ["recency_decay 0.35", "recency_decay 0.5"], 0.5),
        (0.35, ["recency_decay 0.35", "recency_decay 0.5"], 0.35),
        (0.2, ["recency_decay 0.35", "recency_decay 0.1"], 0.2),
        (0.0, ["recency_decay 0.35", "recency_decay 0.1", "recency_decay 0"], 0.0),
    ],
)
def test_a_line_is_searched_while_steps_are_better(best: float, names: list[str], found: float) -> None:
    """Steps go up first, and down only if that is no better; the search stops when a step is no better."""
    tuner = Scripted(lambda parameters: -abs(parameters.recency_decay - best))
    start = Parameters(recency_decay=0.2)
    champion = tuner.search_line(DECAYS, scored([tuner.score(start)], parameters=start))
    assert tuner.names == names
    assert champion.trial.parameters == replace(start, recency_decay=found)


def test_a_line_of_several_parameters() -> None:
    """A step changes all of its parameters and no others, from the nearest one."""
    line = [{"candidate_norm": norm, "damping": damping} for norm, damping in ((0.0, 0.4), (0.3, 0.1), (0.5, 0.0))]
    tuner = Scripted(lambda parameters: parameters.candidate_norm)
    start = Parameters(candidate_norm=0.25, damping=0.15)
    champion = tuner.search_line(line, scored([start.candidate_norm], parameters=start))
    assert tuner.names == ["candidate_norm 0.5, damping 0"]
    assert champion.trial.parameters == replace(start, candidate_norm=0.5, damping=0.0)


@pytest.mark.parametrize(("trials", "found"), [(0, 0.0), (1, 0.1), (2, 0.2)])
def test_a_line_stops_at_the_deadline(trials: int, found: float) -> None:
    """The best so far is kept."""
    tuner = Scripted(lambda parameters: parameters.recency_decay, trials)
    start = Parameters(recency_decay=0.0)
    champion = tuner.search_line(DECAYS, scored([0.0], parameters=start))
    assert champion.trial.parameters == replace(start, recency_decay=found)


CHANGES: list[dict[str, float]] = [
    {"reader_damping": 0.9},
    {"damping": 0.9},
    {"regularisation": 3.0},
    {"known_boost": 0.9},
    {"candidate_norm": 0.9},
    {"candidate_damping": 0.9},
    {"trend": 2.0},
    {"direction": 0.9},
    {"recency_decay": 0.9},
    {"half_life_days": 2.0},
    {"momentum": 0.9},
    {"popularity_weight": 9.0},
    {"popularity_growth": 0.9},
    {"elsewhere_weight": 0.9},
    {"shrinkage": 9.0},
    {"feature_weight": 0.0},
    {"pairs": 3},
    {"neighbours": 3},
]


@pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: next(iter(changes)))
def test_cached_stages_are_never_stale(changes: dict[str, float]) -> None:
    """After any earlier trial, the result is the same as of a fit from scratch."""
    data = dated(dense.two_circles(), [[0, 12, 5], [3, 4]])
    cached, before = CachedFit(data), replace(Parameters(), momentum=0.5)
    after = changed(before, changes)
    for parameters in (before, after, before):
        assert columns(cached, parameters) == columns(CachedFit(data), parameters)
        found, expected = cached.neighbours(parameters), fit(data, parameters)
        assert found.prior == expected.prior
        for column in ("indptr", "rows", "weights", "decay"):
            assert np.array_equal(getattr(found, column), getattr(expected, column))
    assert columns(cached, before) != columns(cached, after)


def columns(fits: CachedFit, parameters: Parameters) -> tuple[object, ...]:
    """Everything that decides lists."""
    neighbours = fits.neighbours(parameters)
    return (
        *(neighbours.rows.tolist(), neighbours.weights.tolist(), neighbours.decay.tolist(), neighbours.prior),
        fits.popularity(parameters).tolist(),
    )


def dated(readers: dense.Rows, features: dense.Rows = (), books: int = 20) -> TrainingData:
    """Data with times, and some popularity elsewhere."""
    rng = np.random.default_rng(0)
    days = [rng.integers(0, 100, len(history)).tolist() for history in readers]
    data = dense.training_data(readers, features, books=books, days=days)
    return replace(data, elsewhere=rng.random(books))


def test_all_parameters_are_covered() -> None:
    """The test above changes every parameter."""
    assert {name for change in CHANGES for name in change} == {field.name for field in fields(Parameters)}


def test_popularity_alone_is_not_fitted() -> None:
    """Without neighbours no pairs are computed, and the popularity of the half-life decides."""
    data = dated([[0, 1], [1, 2]], books=3)
    alone = Parameters(neighbours=0, half_life_days=3.0, elsewhere_weight=0.0)
    fits = CachedFit(data)
    assert fits.neighbours(alone).indptr.tolist() == [0, 0, 0, 0]
    assert fits.popularity(alone).tolist() == data.recent_likes(3.0).tolist()


def held_out(known: dense.Rows, wanted: dense.Rows, books: int, kind: str) -> HoldOut:
    """A hold-out of undated books."""
    training = dense.matrix(known, books)
    return HoldOut(training, dense.matrix(wanted, books), kind, np.full(training.nnz, np.nan), dense.NOW)


def tuner_of(*hold_outs: HoldOut, deadline: float = 9.0, clock: Callable[[], float] = never) -> Tuner:
    books = hold_outs[0].test.shape[1]
    return Tuner(dense.training_data([], books=books), hold_outs, deadline=deadline, clock=clock)


POPULAR = Parameters(neighbours=0, elsewhere_weight=0.0)


def test_kinds_of_hold_outs_have_equal_weight() -> None:
    """A kind with few readers counts as much as one with many, and one with none does not count."""
    few = held_out([[0], [1]], [[1], []], 3, "few")
    many = held_out([[]] + [[0], [1]] * 9, [[]] + [[2], []] * 9, 3, "many")
    none = held_out([[0], [1]], [[], []], 3, "none")
    tuner = tuner_of(few, many, none)
    assert tuner.kinds == ("few", "many", "none")
    assert tuner.readers == 10
    # Of the first kind, book 1 is listed; of the second, 2 is not, since nobody has read it.
    trial = tuner.attempt("popular", POPULAR).trial
    assert (trial.recall, trial.ndcg) == (0.5, 0.5)


def test_readers_of_a_kind_are_pooled() -> None:
    """Of several hold-outs of a kind, every reader counts the same, whichever they are in."""
    one = held_out([[0], [1]], [[1], []], 3, "time")
    three = held_out([[0], [0], [0], [1]], [[2], [2], [2], []], 3, "time")
    tuner = tuner_of(one, three)
    assert tuner.kinds == ("time",)
    assert tuner.readers == 4
    scored_ = tuner.attempt("popular", POPULAR)
    assert (scored_.trial.recall, scored_.trial.ndcg, scored_.mean) == (0.25, 0.25, 0.5)
    assert [scores.tolist() for scores in scored_.scores] == [[2, 0, 0, 0]]


def test_each_hold_out_has_its_own_times() -> None:
    """Popularity is that of the moment at which the history was cut."""
    training = dense.matrix([[0], [1], [1], [2]], 3)
    times = dense.NOW - dense.DAY * np.array([0, 9, 9, 0])
    parts = [
        HoldOut(training, dense.matrix([[], [], [], [0, 1]], 3), "time", times - dense.DAY * days, reference)
        for days, reference in ((0, dense.NOW), (100, dense.NOW - 100 * dense.DAY))
    ]
    tuner = tuner_of(*parts)
    short, long = (replace(POPULAR, half_life_days=days) for days in (1.0, 1000.0))
    for parameters in (short, long):
        found = [fits.popularity(parameters).tolist() for fits in tuner._fits]
        assert found[0] == pytest.approx(found[1])
    assert np.argmax(tuner._fits[0].popularity(short)[:2]) == 0
    assert np.argmax(tuner._fits[0].popularity(long)[:2]) == 1


def test_a_trial_is_made_once() -> None:
    """The same parameters, by whatever name, are the same trial."""
    ticks = iter(range(100))
    tuner = tuner_of(held_out([[0], [1]], [[1], []], 3, "few"), clock=lambda: float(next(ticks)))
    first = tuner.attempt("first", POPULAR)
    assert tuner.attempt("again", POPULAR) is first
    tuner.attempt("other", replace(POPULAR, half_life_days=1.0))
    assert [scored_.trial.name for scored_ in tuner.trials] == ["first", "other"]
    assert [scored_.trial.seconds for scored_ in tuner.trials] == [1.0, 1.0]


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=9))
def test_of_two_trials_at_most_one_is_better(pairs: list[tuple[float, float]]) -> None:
    """And then its mean is higher."""
    one, other = scored([mine for mine, _ in pairs]), scored([theirs for _, theirs in pairs])
    assert not (one.is_better_than(other) and other.is_better_than(one))
    assert one.ahead_of(other)[0] == pytest.approx(-other.ahead_of(one)[0])
    assert one.ahead_of(other)[1] == pytest.approx(other.ahead_of(one)[1])
