"""The search for parameters: its time limit and its results."""

import json
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pytest

from recommendations.model.learning import tuning
from recommendations.model.learning.holdout import hold_outs
from recommendations.model.learning.local_ease import Parameters, Regressions, TrainingData, neighbours_of
from recommendations.model.learning.tuning import (
    COORDINATES,
    PLAIN,
    REDUCED,
    REFIT,
    Search,
    Trial,
    full_size,
    search,
)
from recommendations.model.neighbours import Neighbours
from tests.recommendations.model.learning import dense

ENDLESS = 1e6


def searched(data: TrainingData, *, dated: bool = False, start: Parameters | None = None) -> Search:
    """A search without a time limit; `dated` gives each reader's books ascending times."""
    times = np.full(data.liked.nnz, np.nan)
    if dated:
        moments = np.random.default_rng(3).random(data.liked.nnz)
        times = np.concatenate([np.sort(part) for part in np.split(moments, data.liked.indptr[1:-1])])
    clock = Clock()
    return search(
        data, hold_outs(data.liked, times, 1), start=start or Parameters(), deadline=ENDLESS, clock=lambda: clock.now
    )


class Clock:
    """A clock that the test advances."""

    def __init__(self) -> None:
        self.now = 0.0

    def slowed(
        self, learn: Callable[[Regressions, Parameters], Neighbours], seconds: float
    ) -> Callable[..., Neighbours]:
        """The same function, advancing the clock."""

        def slow(regressions: Regressions, parameters: Parameters) -> Neighbours:
            self.now += seconds
            return learn(regressions, parameters)

        return slow


def chains(count: int = 12, length: int = 15, readers: int = 600) -> list[list[int]]:
    """Readers of seven consecutive books of a chain, whose books have random ids."""
    rng = np.random.default_rng(0)
    ids = rng.permutation(count * length).reshape(count, length)
    starts = rng.integers(0, length - 6, readers)
    return [ids[reader % count, start : start + 7].tolist() for reader, start in enumerate(starts)]


def by_popularity_alone(books: int = 300, readers: int = 400, each: int = 5) -> list[list[int]]:
    """Readers whose books depend only on popularity."""
    rng = np.random.default_rng(0)
    weights = np.arange(1, books + 1) ** -1.0
    weights /= weights.sum()
    return [rng.choice(books, each, replace=False, p=weights).tolist() for _ in range(readers)]


@pytest.mark.parametrize("undated", [False, True], ids=["one hold-out", "two hold-outs"])
@pytest.mark.parametrize("deadline", [50.0, 75.0, 100.0])
def test_the_search_leaves_time_for_the_last_fit(
    monkeypatch: pytest.MonkeyPatch, undated: bool, deadline: float
) -> None:
    """It uses the available time, but the last fit never ends after the deadline."""
    readers, clock = dense.two_circles(), Clock()
    monkeypatch.setattr(tuning, "neighbours_of", clock.slowed(neighbours_of, 3.0))
    data = dense.training_data(readers, books=20)
    times = np.full(data.liked.nnz, np.nan) if undated else np.tile(np.arange(6.0), len(readers))
    splits = hold_outs(data.liked, times, 1)
    assert len(splits) == 1 + undated
    found = search(data, splits, start=Parameters(), deadline=deadline, clock=lambda: clock.now)
    refit, slowest = 3.0 * REFIT, 3.0 * len(splits)
    assert [trial.seconds for trial in found.trials] == [0.0] + [slowest] * (len(found.trials) - 1)
    assert deadline - slowest <= clock.now + refit + slowest
    assert clock.now + refit < deadline


def test_without_time_the_start_is_chosen() -> None:
    """After the deadline, popularity and the start are compared, and nothing else is tried."""
    data = dense.training_data(dense.two_circles(), books=20)
    splits = hold_outs(data.liked, np.full(data.liked.nnz, np.nan), 1)
    start = Parameters(damping=0.25)
    found = search(data, splits, start=start, deadline=5.0, clock=lambda: 9.0)
    assert [trial.name for trial in found.trials] == ["popularity", "start"]
    assert found.chosen.parameters is not None
    assert full_size(found.chosen.parameters) == start


@pytest.mark.parametrize("readers", [[], [[0]], [[0, 1], [1, 2]]])
def test_without_readers_to_evaluate_the_start_is_chosen(readers: list[list[int]]) -> None:
    """If nothing can be held out, nothing else is tried, since all trials would score the same."""
    found = searched(dense.training_data(readers, books=3))
    assert found.readers == 0
    assert [trial.name for trial in found.trials] == ["popularity", "start"]
    assert found.chosen.name == "start"
    assert (found.chosen.recall, found.chosen.ndcg) == (0.0, 0.0)


def test_the_last_fit_is_of_full_size() -> None:
    """Only the numbers of pairs and neighbours change."""
    reduced = Parameters(pairs=1, neighbours=2, recency_decay=0.5)
    assert full_size(reduced) == Parameters(recency_decay=0.5)


def test_popularity_is_chosen_if_nothing_else_can_be_learned() -> None:
    """If books are unrelated, popularity beats every regression."""
    found = searched(dense.training_data(by_popularity_alone(), books=300), dated=True)
    assert found.chosen.name == "popularity"
    assert found.chosen.parameters is None
    assert all(found.chosen.recall + found.chosen.ndcg > trial.recall + trial.ndcg for trial in found.trials[1:])


@pytest.mark.parametrize("dated", [False, True])
def test_popularity_is_not_chosen_for_two_groups(dated: bool) -> None:
    """If a reader's books reveal their group, the groups are learned."""
    rng = np.random.default_rng(0)
    readers = [(rng.permutation(40)[:8] + 40 * (reader % 2)).tolist() for reader in range(200)]
    found = searched(dense.training_data(readers, books=80), dated=dated)
    assert found.hold_outs == (("time",) if dated else ("order", "drift"))
    popular = found.trials[0]
    assert found.chosen.parameters is not None
    assert found.chosen.recall > 1.5 * popular.recall


def by_name(found: Search) -> dict[str, Trial]:
    """The trials by name."""
    return {trial.name: trial for trial in found.trials}


def test_reading_order_is_used_where_it_matters() -> None:
    """It learns what comes next in a chain, which the plain model without order cannot."""
    orderless = Parameters(direction=0.0, recency_decay=0.0, trend=0.0)
    found = searched(dense.training_data(chains(), books=180), dated=True, start=orderless)
    chosen, plain = found.chosen, by_name(found)["plain item–item"]
    assert chosen.parameters is not None
    assert chosen.parameters.direction > 0
    assert chosen.parameters.recency_decay > 0
    assert chosen.ndcg > 1.2 * plain.ndcg


def test_reading_order_is_not_used_where_it_does_not_matter() -> None:
    """If the books are shuffled, the parameters that use the order become 0."""
    rng = np.random.default_rng(1)
    readers = [rng.permutation(history).tolist() for history in chains(1, 300, 800)]
    start = Parameters(direction=0.5, recency_decay=0.5, trend=2.0)
    found = searched(dense.training_data(readers, books=300), dated=True, start=start)
    assert found.chosen.parameters is not None
    assert (found.chosen.parameters.direction, found.chosen.parameters.recency_decay) == (0.0, 0.0)


def test_every_trial_is_recorded() -> None:
    """All trials are there, in order, with the chosen one, and can be written as JSON."""
    found = searched(dense.training_data(dense.two_circles(), books=20))
    assert [trial.name for trial in found.trials[:3]] == ["popularity", "start", "plain item–item"]
    assert found.chosen in found.trials
    trials = json.loads(json.dumps([asdict(trial) for trial in found.trials], allow_nan=False))
    assert trials[0]["parameters"] is None
    assert trials[2]["parameters"] == asdict(PLAIN) | dict(REDUCED)


def test_the_chosen_trial_is_no_worse_than_the_baselines() -> None:
    """The chosen trial scores at least as well as every baseline."""
    found = searched(
        dense.training_data(chains(readers=300), books=180), start=Parameters(recency_decay=0.0, trend=2.0)
    )
    trials = by_name(found)
    for name in ("popularity", "start", "plain item–item"):
        assert found.chosen.recall + found.chosen.ndcg >= trials[name].recall + trials[name].ndcg


def test_the_search_is_the_same_every_time() -> None:
    """Without a time limit, the same data lead to the same trials and parameters."""
    first, again = (searched(dense.training_data(dense.two_circles(), books=20)) for _ in range(2))
    assert first == again


def test_advance_is_called_after_every_line() -> None:
    """This lets callers report progress."""
    calls: list[int] = []
    data = dense.training_data(dense.two_circles(), books=20)
    splits = hold_outs(data.liked, np.full(data.liked.nnz, np.nan), 1)
    search(data, splits, start=Parameters(), deadline=1e6, advance=lambda: calls.append(1), clock=lambda: 0.0)
    assert len(calls) % len(COORDINATES) == 1
    assert len(calls) > len(COORDINATES)
