"""Trials on hold-outs: when one is better, and the steps along a line of parameters."""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace

import numpy as np
import pytest

from recommendations.model.learning import tuning
from recommendations.model.learning.holdout import HoldOut
from recommendations.model.learning.local_ease import Parameters, fit
from recommendations.model.learning.tuning import (
    COORDINATES,
    REDUCED,
    CachedFit,
    Scored,
    Trial,
    Tuner,
)
from tests.recommendations.model.learning import dense


def scored(*scores: Sequence[float], parameters: Parameters | None = None) -> Scored:
    """A trial with these scores of readers, for each hold-out."""
    return Scored(Trial("trial", parameters, 0.0, 0.0, 0.0), [np.array(values, dtype=float) for values in scores])


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
    """The gains of all readers, summed over hold-outs, exceed one standard error, or there is no gain."""
    before = [[3.0] * len(values) for values in gains]
    after = [[3.0 + gain for gain in values] for values in gains]
    assert scored(*after).is_better_than(scored(*before)) is better


class Scripted(Tuner):
    """A tuner whose scores are a given function of the parameters, with time for a number of trials."""

    def __init__(self, score: Callable[[Parameters], float], trials: int = 100) -> None:
        super().__init__(dense.training_data([], books=1), [], deadline=0.0, clock=lambda: 0.0)
        self.score = score
        self.names: list[str] = []
        self._left = trials

    @property
    def in_time(self) -> bool:
        """Whether some trials are left."""
        return len(self.names) < self._left

    def neighbours(self, name: str, parameters: Parameters) -> Scored:
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


def test_popularity_cannot_be_searched() -> None:
    """It has no parameters."""
    with pytest.raises(ValueError, match="no parameters"):
        Scripted(lambda _: 0.0).search_line(DECAYS, scored([1.0]))


def test_every_step_changes_existing_parameters() -> None:
    """All steps of a line change the same fields of Parameters, to different values."""
    known = {field.name for field in fields(Parameters)}
    for line in COORDINATES:
        names = {frozenset(step) for step in line}
        assert len(names) == 1
        assert names <= {frozenset({name}) for name in known} | {frozenset({"candidate_norm", "candidate_damping"})}
        assert len({tuple(step.values()) for step in line}) == len(line) > 1
    assert set(REDUCED) < known


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
    {"shrinkage": 9.0},
    {"feature_weight": 0.0},
    {"pairs": 3},
    {"neighbours": 3},
]


@pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: next(iter(changes)))
def test_cached_stages_are_never_stale(changes: dict[str, float]) -> None:
    """After any earlier trial, the result is the same as of a fit from scratch."""
    data = dense.training_data(dense.two_circles(), [[0, 12, 5], [3, 4]], books=20)
    cached = CachedFit(data)
    changed = tuning._with(Parameters(), changes)
    for parameters in (Parameters(), changed, Parameters()):
        found, expected = cached.neighbours(parameters), fit(data, parameters)
        for column in ("indptr", "rows", "weights", "decay"):
            assert np.array_equal(getattr(found, column), getattr(expected, column))
    before, after = fit(data, Parameters()), fit(data, changed)
    assert not (np.array_equal(before.weights, after.weights) and np.array_equal(before.decay, after.decay))


def test_all_parameters_are_covered() -> None:
    """The test above changes every parameter."""
    assert {name for change in CHANGES for name in change} == {field.name for field in fields(Parameters)}


def test_hold_outs_have_equal_weight() -> None:
    """A hold-out with few readers counts as much as one with many."""
    few = HoldOut(dense.matrix([[0]], 2), dense.matrix([[1]], 2), "few")
    many = HoldOut(dense.matrix([[]] + [[0]] * 9, 2), dense.matrix([[]] + [[1]] * 9, 2), "many")
    none = HoldOut(dense.matrix([[0]], 2), dense.matrix([[]], 2), "none")
    # No other reader has the books of the first.
    apart = HoldOut(dense.matrix([[0], [1]], 3), dense.matrix([[2], []], 3), "apart")
    tuner = Tuner(dense.training_data([], books=2), [few, many, none], deadline=9.0, clock=lambda: 0.0)
    assert tuner.readers == 10
    assert tuner.popularity().trial.recall == 1.0
    assert Tuner(dense.training_data([], books=3), [few, apart], deadline=9.0, clock=lambda: 0.0).neighbours(
        "some", Parameters()
    ).trial.recall == pytest.approx(0.0)
