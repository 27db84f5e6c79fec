"""The search for parameters: its time limit and its results."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.model.learning import trials
from recommendations.model.learning.local_ease import Regressions, neighbours_of
from recommendations.model.learning.parameters import Parameters
from recommendations.model.learning.search_space import (
    COORDINATES,
    HALF_LIVES,
    MEMBERS,
    MOST_BOOKS_LARGE,
    OF_TIME,
    full_size,
    reduced,
    refit_trials,
)
from recommendations.model.learning.tuning import Search, search
from recommendations.model.neighbours import Neighbours
from tests.recommendations.model.learning import dense
from tests.recommendations.model.learning.searches import (
    SOME,
    by_name,
    in_order,
    is_popularity,
    orderless,
    searched,
    splits_of,
    tried,
)


class Clock:
    """A clock that the test advances."""

    def __init__(self) -> None:
        self.now = 0.0

    def slowed(
        self, learn: Callable[[Regressions, Parameters, dense.Floats], Neighbours], seconds: float
    ) -> Callable[..., Neighbours]:
        """The same function, advancing the clock."""

        def slow(regressions: Regressions, parameters: Parameters, recent_likes: dense.Floats) -> Neighbours:
            self.now += seconds
            return learn(regressions, parameters, recent_likes)

        return slow


@pytest.mark.parametrize("dated", [False, True], ids=["two hold-outs", "four hold-outs"])
@pytest.mark.parametrize("books", [20, MOST_BOOKS_LARGE + 1], ids=["large model", "model of a large catalogue"])
def test_the_search_leaves_time_for_the_last_fit(monkeypatch: pytest.MonkeyPatch, dated: bool, books: int) -> None:
    """It uses the available time, but the last fit never ends after the deadline."""
    clock = Clock()
    monkeypatch.setattr(trials, "neighbours_of", clock.slowed(neighbours_of, 3.0))
    data = in_order(dense.two_circles(), books, dated=dated)
    splits = splits_of(data)
    assert len(splits) == (4 if dated else 2)
    refit, slowest = 3.0 * refit_trials(books), 3.0 * len(splits)
    for deadline in (refit + 4 * slowest, refit + 6.5 * slowest):
        clock.now = 0.0
        found = search(data, splits, start=SOME, deadline=deadline, clock=lambda: clock.now)
        assert [trial.seconds for trial in found.trials] == [
            0.0 if is_popularity(trial) else slowest for trial in found.trials
        ]
        assert deadline - slowest <= clock.now + refit + slowest
        assert clock.now + refit < deadline


@pytest.mark.parametrize("dated", [False, True])
def test_without_time_the_start_is_chosen(dated: bool) -> None:
    """After the deadline, popularity and the start are compared, and nothing else is tried."""
    data = in_order(dense.two_circles(), 20, dated=dated)
    found = search(
        data, splits_of(data), start=Parameters(damping=0.25), half_lives=[9.0], deadline=5.0, clock=lambda: 9.0
    )
    assert [is_popularity(trial) for trial in found.trials] == [True, False]
    assert found.chosen.name == "start"
    assert full_size(found.chosen.parameters, 20).damping == 0.25


@pytest.mark.parametrize("readers", [[], [[0]], [[0, 1], [1, 2]]])
def test_without_readers_to_evaluate_the_start_is_chosen(readers: list[list[int]]) -> None:
    """If nothing can be held out, nothing else is tried, since all trials would score the same."""
    found = searched(dense.training_data(readers, books=3))
    assert found.readers == 0
    assert [trial.name for trial in found.trials] == ["popularity", "start"]
    assert found.chosen.name == "start"
    assert found.chosen.parameters == reduced(SOME)
    assert (found.chosen.recall, found.chosen.ndcg) == (0.0, 0.0)


@cache
def found_by_popularity(*, dated: bool) -> Search:
    return searched(in_order(by_popularity_alone(), 300, dated=dated))


@cache
def found_in_groups(*, dated: bool) -> Search:
    return searched(in_order(groups(), 80, dated=dated))


def by_popularity_alone(books: int = 300, readers: int = 250, each: int = 5) -> list[list[int]]:
    """Readers whose books depend only on popularity."""
    rng = np.random.default_rng(0)
    weights = np.arange(1, books + 1) ** -1.0
    weights /= weights.sum()
    return [rng.choice(books, each, replace=False, p=weights).tolist() for _ in range(readers)]


@pytest.mark.parametrize("dated", [False, True])
def test_where_books_are_unrelated_popularity_is_best(dated: bool) -> None:
    """No model is better than popularity by more than noise, and the chosen one lists popular books."""
    found = found_by_popularity(dated=dated)
    popular = max((trial for trial in found.trials if is_popularity(trial)), key=lambda trial: -trial.behind)
    assert popular.behind <= 2 * popular.error
    assert is_popularity(found.chosen) or found.chosen.parameters.popularity_weight > Parameters.popularity_weight
    plain = by_name(found)["plain item–item"]
    assert plain.behind > 3 * plain.error


@pytest.mark.slow
def test_popularity_alone_is_chosen_where_all_else_is_noise() -> None:
    """Readers of disjoint random books in the past, and of the few books of the moment after each cut."""
    rng = np.random.default_rng(0)
    readers, days = [], []
    for reader in range(400):
        moment = reader % 40
        readers.append([*(300 + rng.permutation(700)[:3]), *rng.permutation(5 * moment + np.arange(5))[:2]])
        days.append([*(40 - moment + rng.uniform(20, 90, 3)), *(40 - moment + rng.uniform(-1, 0, 2))])
    found = searched(dense.training_data(readers, books=1000, days=days), half_lives=[1.0, 1000.0])
    assert is_popularity(found.chosen)
    assert found.chosen.parameters.half_life_days == 1.0


def groups(readers: int = 120) -> list[list[int]]:
    """Readers of two groups, each with books of its own."""
    rng = np.random.default_rng(0)
    return [(rng.permutation(40)[:8] + 40 * (reader % 2)).tolist() for reader in range(readers)]


@pytest.mark.parametrize("dated", [False, True])
def test_popularity_is_not_chosen_for_two_groups(dated: bool) -> None:
    """If a reader's books reveal their group, the groups are learned."""
    found = found_in_groups(dated=dated)
    assert found.hold_outs == (("time",) if dated else ("order", "drift"))
    best = max(trial.recall for trial in found.trials if is_popularity(trial))
    assert not is_popularity(found.chosen)
    assert found.chosen.recall > 1.5 * best


def chains(count: int = 12, length: int = 15, readers: int = 600) -> list[list[int]]:
    """Readers of seven consecutive books of a chain, whose books have random ids."""
    rng = np.random.default_rng(0)
    ids = rng.permutation(count * length).reshape(count, length)
    starts = rng.integers(0, length - 6, readers)
    return [ids[reader % count, start : start + 7].tolist() for reader, start in enumerate(starts)]


@pytest.mark.slow
@pytest.mark.parametrize("dated", [False, True])
def test_reading_order_is_used_where_it_matters(dated: bool) -> None:
    """It learns what comes next in a chain, which a model without order cannot, however else it is made."""
    data = in_order(chains(), 180, dated=dated)
    found = searched(data, start=orderless(Parameters()))
    assert found.chosen.parameters.recency_decay > 0
    assert found.chosen.ndcg > 1.1 * by_name(found)["plain item–item"].ndcg
    assert found.chosen.ndcg > 1.05 * tried(data, orderless(found.chosen.parameters)).ndcg


@pytest.mark.slow
def test_reading_order_is_not_used_where_it_does_not_matter() -> None:
    """If the books are shuffled, the parameters that use the order stay small."""
    rng = np.random.default_rng(1)
    readers = [rng.permutation(history).tolist() for history in chains(1, 300, 800)]
    start = Parameters(direction=0.5, recency_decay=0.5, trend=2.0)
    data = in_order(readers, 300, dated=False)
    found = searched(data, start=start)
    alone = tried(data, orderless(found.chosen.parameters))
    assert found.chosen.recall + found.chosen.ndcg < 1.03 * (alone.recall + alone.ndcg)


def test_every_trial_is_recorded() -> None:
    """All trials are there, in order, with the chosen one, and can be written as JSON."""
    start = replace(SOME, damping=0.25)
    found = searched(in_order(dense.two_circles(), 20, dated=False), start=start)
    assert [trial.name for trial in found.trials[: 2 + len(MEMBERS)]] == ["popularity", "start", *MEMBERS]
    assert found.chosen in found.trials
    assert found.trials[1].parameters == reduced(start)
    written = json.loads(json.dumps([asdict(trial) for trial in found.trials], allow_nan=False))
    assert written[0]["parameters"] == asdict(
        replace(Parameters(), neighbours=0, half_life_days=5.0, elsewhere_weight=0.0)
    )
    for place, parameters in enumerate(MEMBERS.values(), 2):
        assert written[place]["parameters"] == asdict(replace(reduced(parameters), half_life_days=5.0))


def test_trials_say_how_far_they_are_behind() -> None:
    """How much more the chosen one scores, and the standard error of that; 0 for the chosen one."""
    found = found_in_groups(dated=False)
    assert (found.chosen.behind, found.chosen.error) == (0.0, 0.0)
    for trial in found.trials:
        assert trial.behind == pytest.approx(
            found.chosen.recall + found.chosen.ndcg - trial.recall - trial.ndcg, abs=1e-9
        )
        assert trial.error > 0 or trial.behind == pytest.approx(0, abs=1e-9)


@pytest.mark.slow
@settings(max_examples=8)
@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([0.0, 0.5, 1.0]))
def test_the_chosen_trial_is_behind_no_member(seed: int, dated: bool, popular: float) -> None:
    """No model from which the search may begin is better by more than one standard error, nor popularity alone."""
    rng = np.random.default_rng(seed)
    weights = np.arange(1, 31) ** -popular
    readers = [
        rng.choice(30, rng.integers(1, 9), replace=False, p=weights / weights.sum()).tolist() for _ in range(80)
    ]
    found = searched(in_order(readers, 30, dated=dated), start=Parameters(recency_decay=0.0, trend=2.0))
    members = [trial for trial in found.trials if trial.name in {"start", *MEMBERS} or is_popularity(trial)]
    assert len(members) == 2 + len(MEMBERS) + dated * (len(HALF_LIVES) - 1)
    for trial in members:
        assert trial.behind >= -trial.error


@pytest.mark.parametrize("dated", [False, True])
def test_lines_of_time_need_times(dated: bool) -> None:
    """Momentum and half-lives are searched for only where times are known, and popularity is tried with each."""
    found = found_in_groups(dated=dated)
    of_time = [trial.name for trial in found.trials if trial.name.startswith(("momentum", "half_life_days"))]
    half_lives = [trial.parameters.half_life_days for trial in found.trials if is_popularity(trial)]
    if dated:
        assert of_time
        assert half_lives == [*HALF_LIVES]
        first = [trial for trial in found.trials if not is_popularity(trial)][1 + len(MEMBERS)]
        assert next(iter(OF_TIME[0][0])) in first.name
    else:
        assert not of_time
        assert half_lives == [SOME.half_life_days]
        assert {trial.parameters.momentum for trial in found.trials} == {0.0}


@pytest.mark.parametrize("dated", [False, True])
def test_a_given_half_life_is_kept(dated: bool) -> None:
    """All trials have it, also the members, which are models of their own."""
    found = searched(in_order(groups(), 80, dated=dated), start=replace(SOME, half_life_days=11.0), half_lives=[11.0])
    assert {trial.parameters.half_life_days for trial in found.trials} == {11.0}
    assert not [trial for trial in found.trials if trial.name.startswith("half_life_days")]


def test_the_search_begins_from_the_best_half_life() -> None:
    """With times, the start has the half-life with which popularity is most accurate, and counts what is popular."""
    found = found_by_popularity(dated=True)
    popular = max(
        (trial for trial in found.trials if is_popularity(trial)), key=lambda trial: trial.recall + trial.ndcg
    )
    start = by_name(found)["start"].parameters
    assert start.half_life_days == popular.parameters.half_life_days
    assert start.momentum > 0


def test_the_search_is_the_same_every_time() -> None:
    """Without a time limit, the same data lead to the same trials and parameters."""
    first, again = (searched(in_order(dense.two_circles(), 20)) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("dated", [False, True])
def test_advance_is_called_after_every_line(dated: bool) -> None:
    """This lets callers report progress."""
    calls: list[int] = []
    data = in_order(dense.two_circles(), 20, dated=dated)
    search(*(data, splits_of(data)), start=SOME, deadline=1e6, advance=lambda: calls.append(1), clock=lambda: 0.0)
    lines = len(COORDINATES) + dated * len(OF_TIME)
    assert len(calls) % lines == 1
    assert len(calls) > lines
