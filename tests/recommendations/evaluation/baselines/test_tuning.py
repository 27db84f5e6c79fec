"""The search for parameters on landscapes that are known, in time that is simulated."""

from dataclasses import replace

import numpy as np
import pytest

from recommendations.evaluation import SPLITS
from recommendations.evaluation.baselines import tuning
from recommendations.evaluation.baselines.tuning import Parameters, Space, best_of, hold_out, search
from recommendations.evaluation.metrics import Metrics
from recommendations.evaluation.split import Split, random_split, split, temporal_split
from recommendations.evaluation.task import Task, make_task
from tests.recommendations.evaluation.histories import as_mapping, bought, did, interactions

VALUES = tuple(float(value) for value in range(11))
SPACE = Space(start={"x": 5.0, "y": 5.0}, values={"x": VALUES, "y": VALUES})


class Landscape:
    """Recall and NDCG are best at a summit; each attempt takes some seconds of a simulated clock."""

    def __init__(self, summit: Parameters, seconds: float = 0.0) -> None:
        self._summit = summit
        self._seconds = seconds
        self.now = 100.0
        self.attempts: list[Parameters] = []

    def attempt(self, parameters: Parameters) -> Metrics:
        self.now += self._seconds * parameters.get("x", 1)
        self.attempts.append(parameters)
        height = -sum((parameters[name] - best) ** 2 for name, best in self._summit.items())
        return Metrics(height / 2, 0, height / 2, 0, 0, 0, 0, 0)

    def search(self, space: Space = SPACE, budget: float = 1.0) -> Parameters:
        trials = search(space, self.attempt, budget=budget, clock=lambda: self.now)
        assert [trial.parameters for trial in trials] == self.attempts
        return best_of(trials).parameters


@pytest.mark.parametrize("summit", [{"x": 5, "y": 5}, {"x": 9, "y": 2}, {"x": 0, "y": 10}])
def test_the_summit_is_found(summit: Parameters) -> None:
    """Upwards and downwards, at the ends too, without trying anything twice."""
    landscape = Landscape(summit)
    assert landscape.search() == summit
    assert len({tuple(sorted(parameters.items())) for parameters in landscape.attempts}) == len(landscape.attempts)


def test_both_metrics_count() -> None:
    """NDCG may improve more than Recall worsens."""
    trials = search(
        SPACE, lambda parameters: Metrics(-parameters["x"], 0, 3 * parameters["x"], 0, 0, 0, 0, 0), budget=9
    )
    assert best_of(trials).parameters["x"] == 10


def test_further_rounds_follow_a_ridge() -> None:
    """If the best y depends on x, both are moved in turn until neither improves."""

    def ridge(parameters: Parameters) -> Metrics:
        height = -((parameters["x"] - parameters["y"]) ** 2) / 2 - 1.2 * abs(parameters["x"] - 8)
        return Metrics(height, 0, 0, 0, 0, 0, 0, 0)

    assert best_of(search(SPACE, ridge, budget=9)).parameters == {"x": 8, "y": 8}


def test_time_is_left_for_the_last_fit() -> None:
    """A trial takes a second for each x: 5 + 6 + 7 are tried, but not 8 and then a fit of 12 within 30 seconds."""
    space = replace(SPACE, cost=lambda parameters: parameters["x"])
    landscape = Landscape({"x": 10, "y": 5}, seconds=1)
    assert landscape.search(space, budget=30) == {"x": 7, "y": 5}
    longer = Landscape({"x": 10, "y": 5}, seconds=1)
    assert longer.search(space, budget=18 + 8 + 12) == {"x": 8, "y": 5}


def test_without_time_the_start_is_the_result() -> None:
    """One trial is always made, more only if the space asks for them."""
    landscape = Landscape({"x": 10, "y": 5}, seconds=9)
    assert landscape.search(budget=1) == SPACE.start
    assert len(landscape.attempts) == 1
    few = Landscape({"x": 10, "y": 5}, seconds=9)
    assert few.search(replace(SPACE, fewest=3), budget=1) == {"x": 7, "y": 5}
    assert len(few.attempts) == 3


def test_of_equal_trials_the_first_is_best() -> None:
    """A plateau is not crossed."""
    landscape = Landscape({})
    assert landscape.search() == SPACE.start
    assert len(landscape.attempts) == 5


HISTORY = interactions(
    *(did(reader, book, at=reader + 31 * book) for reader in range(1, 31) for book in range(1, 11))
)


def task_of(parts: Split, *, k: int = 4, seed: int = 3) -> Task:
    return make_task(parts, np.array([77], dtype=np.int32), k=k, seed=seed)[0]


@pytest.mark.parametrize("kind", SPLITS)
def test_the_hold_out_is_of_the_same_kind(kind: str) -> None:
    """It is what the same split of the training part gives with another seed, for the same catalogue and lists."""
    parts = split(HISTORY, kind, 3)
    task = task_of(parts)
    inner = task_of(split(parts.training, kind, 4))
    found = hold_out(parts.training, kind, task)
    assert found is not None
    assert as_mapping(found.wanted) == as_mapping(inner.wanted)
    assert as_mapping(found.liked) == as_mapping(inner.liked)
    assert found.catalogue.ids.tolist() == task.catalogue.ids.tolist()
    assert (found.k, found.seed) == (4, 3)


def test_nothing_of_the_test_part_is_in_the_hold_out() -> None:
    """All books of its readers are from the training part."""
    parts = random_split(HISTORY, 3)
    found = hold_out(parts.training, "random", task_of(parts))
    assert found is not None
    of_training = set(zip(parts.training.readers.tolist(), parts.training.books.tolist(), strict=True))
    for books in (found.known, found.wanted):
        assert {tuple(pair) for pair in np.stack(books.pairs(), axis=1).tolist()} <= of_training


@pytest.mark.parametrize("by_time", [True, False])
def test_a_test_file_is_later_if_there_are_times(by_time: bool) -> None:
    """The training part is then split by time, otherwise at random."""
    training = HISTORY if by_time else bought({reader: range(1, 11) for reader in range(1, 31)})
    inner = temporal_split(training) if by_time else random_split(training, 4)
    found = hold_out(training, "file", task_of(Split(training, HISTORY)))
    assert found is not None
    assert as_mapping(found.wanted) == as_mapping(task_of(inner).wanted)


def test_what_cannot_be_split_by_time_is_split_at_random() -> None:
    """All training events have one time, or nobody is in both parts of a split by time."""
    at_once = interactions(*(did(reader, book, at=1) for reader in range(1, 31) for book in range(1, 11)))
    in_turn = interactions(*(did(reader, book, at=reader) for reader in range(1, 31) for book in range(1, 11)))
    for training in (at_once, in_turn):
        found = hold_out(training, "temporal", task_of(Split(training, training)))
        assert found is not None
        assert as_mapping(found.wanted) == as_mapping(task_of(random_split(training, 4)).wanted)


def test_a_training_part_without_a_hold_out() -> None:
    """Readers with one or two books keep them, so there is nothing to tune on."""
    training = bought({1: [1, 2], 2: [1]})
    assert hold_out(training, "random", task_of(Split(training, training))) is None


def test_at_most_some_readers_are_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are drawn by the seed, with all their wanted books; everybody else is still learned from."""
    parts = random_split(HISTORY, 3)
    whole = hold_out(parts.training, "random", task_of(parts))
    monkeypatch.setattr(tuning, "MOST_READERS", 5)
    found = hold_out(parts.training, "random", task_of(parts))
    assert whole is not None
    assert found is not None
    of_all, of_some = as_mapping(whole.wanted), as_mapping(found.wanted)
    assert len(of_some) == 5
    assert of_some.items() <= of_all.items()
    assert as_mapping(found.liked) == as_mapping(whole.liked)
