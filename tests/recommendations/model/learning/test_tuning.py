"""The search for parameters: what it may spend, what it takes for better, and what it finds."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields, replace

import numpy as np
import pytest

from recommendations.model.learning import tuning
from recommendations.model.learning.holdout import HoldOut, hold_outs
from recommendations.model.learning.local_ease import Likings, Parameters, Regressions, fit, neighbours_of
from recommendations.model.learning.tuning import (
    COORDINATES,
    PLAIN,
    REFIT,
    SKETCH,
    Fitted,
    Search,
    Trial,
    Tried,
    Tuner,
    search,
    whole,
)
from recommendations.model.neighbours import Neighbours
from tests.recommendations.model.learning import dense

NOTHING_KNOWN = dense.matrix([], 1)
ENDLESS = 1e6


def likings(readers: dense.Rows, books: int, traits: dense.Rows = ()) -> Likings:
    """What these readers like."""
    return Likings(dense.matrix(readers, books), dense.matrix(traits, books))


def searched(told: Likings, *, dated: bool = False, start: Parameters | None = None) -> Search:
    """A search with time enough; dated likings were taken up in any order of readers, theirs kept."""
    times = np.full(told.liked.nnz, np.nan)
    if dated:
        moments = np.random.default_rng(3).random(told.liked.nnz)
        times = np.concatenate([np.sort(part) for part in np.split(moments, told.liked.indptr[1:-1])])
    clock = Clock()
    return search(
        told, hold_outs(told.liked, times, 1), start=start or Parameters(), deadline=ENDLESS, clock=lambda: clock.now
    )


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def slowed(
        self, learn: Callable[[Regressions, Parameters], Neighbours], seconds: float
    ) -> Callable[..., Neighbours]:
        """The same, but that it takes so long."""

        def slow(regressions: Regressions, parameters: Parameters) -> Neighbours:
            self.now += seconds
            return learn(regressions, parameters)

        return slow


def two_circles() -> list[list[int]]:
    """Readers of one half of twenty books or of the other."""
    rng = np.random.default_rng(0)
    return [(rng.permutation(10)[:6] + 10 * (reader % 2)).tolist() for reader in range(100)]


def chains(count: int = 12, length: int = 15, readers: int = 600) -> list[list[int]]:
    """Readers of seven books of one chain, one after the other, the chains' books having ids in any order."""
    rng = np.random.default_rng(0)
    ids = rng.permutation(count * length).reshape(count, length)
    starts = rng.integers(0, length - 6, readers)
    return [ids[reader % count, start : start + 7].tolist() for reader, start in enumerate(starts)]


def by_popularity_alone(books: int = 300, readers: int = 400, each: int = 5) -> list[list[int]]:
    """Readers who take what many take, whatever they took before."""
    rng = np.random.default_rng(0)
    weights = np.arange(1, books + 1) ** -1.0
    weights /= weights.sum()
    return [rng.choice(books, each, replace=False, p=weights).tolist() for _ in range(readers)]


@pytest.mark.parametrize("undated", [False, True], ids=["one hold-out", "two hold-outs"])
@pytest.mark.parametrize("deadline", [50.0, 75.0, 100.0])
def test_the_search_leaves_time_for_the_last_fit(
    monkeypatch: pytest.MonkeyPatch, undated: bool, deadline: float
) -> None:
    """It uses what time there is, yet never so much of it that learning from everything ends too late."""
    readers, clock = two_circles(), Clock()
    monkeypatch.setattr(tuning, "neighbours_of", clock.slowed(neighbours_of, 3.0))
    told = likings(readers, 20)
    times = np.full(told.liked.nnz, np.nan) if undated else np.tile(np.arange(6.0), len(readers))
    judged_by = hold_outs(told.liked, times, 1)
    assert len(judged_by) == 1 + undated
    found = search(told, judged_by, start=Parameters(), deadline=deadline, clock=lambda: clock.now)
    refit, slowest = 3.0 * REFIT, 3.0 * len(judged_by)
    assert [trial.seconds for trial in found.trials] == [0.0] + [slowest] * (len(found.trials) - 1)
    assert deadline - slowest <= clock.now + refit + slowest
    assert clock.now + refit < deadline


def test_without_time_it_stays_with_its_start() -> None:
    """However late it is, popularity and the start are compared, and nothing else is tried."""
    told = likings(two_circles(), 20)
    judged_by = hold_outs(told.liked, np.full(told.liked.nnz, np.nan), 1)
    start = Parameters(damping=0.25)
    found = search(told, judged_by, start=start, deadline=5.0, clock=lambda: 9.0)
    assert [trial.name for trial in found.trials] == ["popularity", "start"]
    assert found.chosen.parameters is not None
    assert whole(found.chosen.parameters) == start


@pytest.mark.parametrize("readers", [[], [[0]], [[0, 1], [1, 2]]])
def test_where_nobody_judges_it_stays_with_its_start(readers: list[list[int]]) -> None:
    """Where nothing can be held out, time is not spent on trials that all end the same."""
    found = searched(likings(readers, 3))
    assert found.readers == 0
    assert [trial.name for trial in found.trials] == ["popularity", "start"]
    assert found.chosen.name == "start"
    assert (found.chosen.recall, found.chosen.ndcg) == (0.0, 0.0)


def tried(*scores: Sequence[float], parameters: Parameters | None = None) -> Tried:
    """A trial whose readers scored so by each hold-out."""
    return Tried(Trial("some", parameters, 0.0, 0.0, 0.0), [np.array(one, dtype=float) for one in scores])


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
    before = [[3.0] * len(one) for one in gains]
    after = [[3.0 + gain for gain in one] for one in gains]
    assert tried(*after).is_better_than(tried(*before)) is better


class Scripted(Tuner):
    """A tuner in whose world the score is a known function of the parameters, and time ends after some trials."""

    def __init__(self, score: Callable[[Parameters], float], trials: int = 100) -> None:
        super().__init__(likings([], 1), [], deadline=0.0, clock=lambda: 0.0)
        self.score = score
        self.names: list[str] = []
        self._left = trials

    @property
    def in_time(self) -> bool:
        """Whether some trials are left."""
        return len(self.names) < self._left

    def neighbours(self, name: str, parameters: Parameters) -> Tried:
        """Know the score."""
        self.names.append(name)
        return tried([self.score(parameters)], parameters=parameters)


FADINGS = [{"fading": value} for value in (0.0, 0.1, 0.2, 0.35, 0.5)]


@pytest.mark.parametrize(
    ("best", "names", "found"),
    [
        (0.5, ["fading 0.35", "fading 0.5"], 0.5),
        (0.35, ["fading 0.35", "fading 0.5"], 0.35),
        (0.2, ["fading 0.35", "fading 0.1"], 0.2),
        (0.0, ["fading 0.35", "fading 0.1", "fading 0"], 0.0),
    ],
)
def test_along_a_line_it_goes_on_while_it_gets_better(best: float, names: list[str], found: float) -> None:
    """From where it stands up, and only if that is no better, down; it stops before what is no better."""
    tuner = Scripted(lambda parameters: -abs(parameters.fading - best))
    start = Parameters(fading=0.2)
    champion = tuner.along(FADINGS, tried([tuner.score(start)], parameters=start))
    assert tuner.names == names
    assert champion.trial.parameters == replace(start, fading=found)


def test_along_a_line_of_several_parameters() -> None:
    """A step changes all of its parameters and no others, from the place that is nearest."""
    line = [{"candidate_norm": norm, "damping": damping} for norm, damping in ((0.0, 0.4), (0.3, 0.1), (0.5, 0.0))]
    tuner = Scripted(lambda parameters: parameters.candidate_norm)
    start = Parameters(candidate_norm=0.25, damping=0.15)
    champion = tuner.along(line, tried([start.candidate_norm], parameters=start))
    assert tuner.names == ["candidate_norm 0.5, damping 0"]
    assert champion.trial.parameters == replace(start, candidate_norm=0.5, damping=0.0)


@pytest.mark.parametrize(("trials", "found"), [(0, 0.0), (1, 0.1), (2, 0.2)])
def test_along_a_line_it_stops_when_time_is_over(trials: int, found: float) -> None:
    """What was found until then stands."""
    tuner = Scripted(lambda parameters: parameters.fading, trials)
    start = Parameters(fading=0.0)
    champion = tuner.along(FADINGS, tried([0.0], parameters=start))
    assert champion.trial.parameters == replace(start, fading=found)


def test_popularity_cannot_be_varied() -> None:
    """Nobody asks for it along a line."""
    with pytest.raises(ValueError, match="no parameters"):
        Scripted(lambda _: 0.0).along(FADINGS, tried([1.0]))


def test_every_step_is_of_parameters_that_there_are() -> None:
    """Lines name fields of Parameters, more than one value of each, each line the same ones throughout."""
    known = {field.name for field in fields(Parameters)}
    for line in COORDINATES:
        names = {frozenset(step) for step in line}
        assert len(names) == 1
        assert names <= {frozenset({name}) for name in known} | {frozenset({"candidate_norm", "candidate_damping"})}
        assert len({tuple(step.values()) for step in line}) == len(line) > 1
    assert set(SKETCH) < known


CHANGES: list[dict[str, float]] = [
    {"reader_damping": 0.9},
    {"damping": 0.9},
    {"regularisation": 3.0},
    {"known_boost": 0.9},
    {"candidate_norm": 0.9},
    {"candidate_damping": 0.9},
    {"trend": 2.0},
    {"direction": 0.9},
    {"fading": 0.9},
    {"shrinkage": 9.0},
    {"traits": 0.0},
    {"pairs": 3},
    {"neighbours": 3},
]


@pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: next(iter(changes)))
def test_what_is_kept_between_trials_is_never_stale(changes: dict[str, float]) -> None:
    """Whatever was tried before, each parameter has its effect, as if everything were learned anew."""
    told = likings(two_circles(), 20, [[0, 12, 5], [3, 4]])
    fitted = Fitted(told)
    changed = tuning._with(Parameters(), changes)
    for parameters in (Parameters(), changed, Parameters()):
        found, expected = fitted.neighbours(parameters), fit(told, parameters)
        for column in ("indptr", "rows", "weights", "decay"):
            assert np.array_equal(getattr(found, column), getattr(expected, column))
    before, after = fit(told, Parameters()), fit(told, changed)
    assert not (np.array_equal(before.weights, after.weights) and np.array_equal(before.decay, after.decay))


def test_all_parameters_are_seen_to_have_an_effect() -> None:
    """The test above leaves none out."""
    assert {name for change in CHANGES for name in change} == {field.name for field in fields(Parameters)}


def test_a_sketch_is_refitted_whole() -> None:
    """Only the numbers of pairs and neighbours change."""
    sketch = Parameters(pairs=1, neighbours=2, fading=0.5)
    assert whole(sketch) == Parameters(fading=0.5)


def test_popularity_is_chosen_where_there_is_nothing_else_to_learn() -> None:
    """Where no two books have anything to do with each other, what many read is better than any regression."""
    found = searched(likings(by_popularity_alone(), 300), dated=True)
    assert found.chosen.name == "popularity"
    assert found.chosen.parameters is None
    assert all(found.chosen.recall + found.chosen.ndcg > trial.recall + trial.ndcg for trial in found.trials[1:])


@pytest.mark.parametrize("dated", [False, True])
def test_popularity_is_not_chosen_for_two_circles(dated: bool) -> None:
    """Where a reader's books say which half they read, that is learned."""
    rng = np.random.default_rng(0)
    readers = [(rng.permutation(40)[:8] + 40 * (reader % 2)).tolist() for reader in range(200)]
    found = searched(likings(readers, 80), dated=dated)
    assert found.ways == (("time",) if dated else ("order", "drift"))
    popular = found.trials[0]
    assert found.chosen.parameters is not None
    assert found.chosen.recall > 1.5 * popular.recall


def by_name(found: Search) -> dict[str, Trial]:
    """The trials."""
    return {trial.name: trial for trial in found.trials}


def test_where_one_book_follows_another_order_is_made_use_of() -> None:
    """Of readers of chains it learns what comes next, which the plain form, knowing no order, cannot."""
    orderless = Parameters(direction=0.0, fading=0.0, trend=0.0)
    found = searched(likings(chains(), 180), dated=True, start=orderless)
    chosen, plain = found.chosen, by_name(found)["plain item–item"]
    assert chosen.parameters is not None
    assert chosen.parameters.direction > 0
    assert chosen.parameters.fading > 0
    assert chosen.ndcg > 1.2 * plain.ndcg


def test_where_order_says_nothing_it_is_not_made_use_of() -> None:
    """The same readers, who take the same books up in any order: what would follow the order is given up."""
    rng = np.random.default_rng(1)
    readers = [rng.permutation(one).tolist() for one in chains(1, 300, 800)]
    start = Parameters(direction=0.5, fading=0.5, trend=2.0)
    found = searched(likings(readers, 300), dated=True, start=start)
    assert found.chosen.parameters is not None
    assert (found.chosen.parameters.direction, found.chosen.parameters.fading) == (0.0, 0.0)


def test_each_trial_is_told() -> None:
    """All that was tried is there, in order, the chosen one among it, and can be written into a manifest."""
    found = searched(likings(two_circles(), 20))
    assert [trial.name for trial in found.trials[:3]] == ["popularity", "start", "plain item–item"]
    assert found.chosen in found.trials
    told = json.loads(json.dumps([trial.as_dict() for trial in found.trials], allow_nan=False))
    assert told[0]["parameters"] is None
    assert told[2]["parameters"] == asdict(PLAIN) | dict(SKETCH)


def test_what_is_chosen_is_no_worse_than_its_start() -> None:
    """Recall plus NDCG of what is chosen is the highest of those that were each better than the one before."""
    found = searched(likings(chains(readers=300), 180), start=Parameters(fading=0.0, trend=2.0))
    trials = by_name(found)
    for name in ("popularity", "start", "plain item–item"):
        assert found.chosen.recall + found.chosen.ndcg >= trials[name].recall + trials[name].ndcg


def test_the_search_is_the_same_every_time() -> None:
    """With time enough, the same likings lead to the same parameters by the same trials."""
    first, again = (searched(likings(two_circles(), 20)) for _ in range(2))
    assert first == again


def test_hold_outs_count_alike() -> None:
    """A hold-out by which few readers judge counts as much as one by which many do."""
    few = HoldOut(dense.matrix([[0]], 2), dense.matrix([[1]], 2), "few")
    many = HoldOut(dense.matrix([[]] + [[0]] * 9, 2), dense.matrix([[]] + [[1]] * 9, 2), "many")
    none = HoldOut(dense.matrix([[0]], 2), dense.matrix([[]], 2), "none")
    # Of the few's books nobody else has any.
    apart = HoldOut(dense.matrix([[0], [1]], 3), dense.matrix([[2], []], 3), "apart")
    tuner = Tuner(likings([], 2), [few, many, none], deadline=9.0, clock=lambda: 0.0)
    assert tuner.readers == 10
    assert tuner.popularity().trial.recall == 1.0
    assert Tuner(likings([], 3), [few, apart], deadline=9.0, clock=lambda: 0.0).neighbours(
        "some", Parameters()
    ).trial.recall == pytest.approx(0.0)


def test_advance_is_called_after_every_line() -> None:
    """Whoever waits hears of it again and again."""
    calls: list[int] = []
    told = likings(two_circles(), 20)
    judged_by = hold_outs(told.liked, np.full(told.liked.nnz, np.nan), 1)
    search(told, judged_by, start=Parameters(), deadline=1e6, advance=lambda: calls.append(1), clock=lambda: 0.0)
    assert len(calls) % len(COORDINATES) == 1
    assert len(calls) > len(COORDINATES)
