"""What the process of a baseline does, in this process."""

from math import log2
from pathlib import Path

import numpy as np
import pytest

from recommendations.evaluation import EASE, IMPLICIT, MODELS, SHIPPED
from recommendations.evaluation.baselines import process
from recommendations.evaluation.baselines.library import PARAMETERS
from recommendations.evaluation.baselines.simple import Ranker
from recommendations.evaluation.baselines.tuning import Parameters
from recommendations.evaluation.task import Task
from recommendations.model.vocabulary import Ids
from tests.recommendations.evaluation.histories import task

TASK = task(
    {reader: [reader % 2 + 1, reader % 2 + 3] for reader in range(1, 9)}, {1: [1], 2: [4], 3: [5]}, books=6, k=2
)


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(process, "_trained", None)
    TASK.save(tmp_path / "task.npz")
    return tmp_path / "task.npz"


def test_every_baseline_has_parameters_or_a_space() -> None:
    """The models that are tuned have a start, those of the library fixed parameters, and the simple ones none."""
    assert set(process.SPACES) == {EASE, "als"}
    assert {*process.SPACES, *PARAMETERS} == {EASE, *IMPLICIT}
    for model in set(MODELS) - {SHIPPED}:
        parameters = process.untuned(model).parameters
        assert bool(parameters) == (model not in {"popularity", "random"})
        assert process.untuned(model).trials == 0


def test_the_spaces_begin_at_one_of_their_values() -> None:
    """The search goes from value to value, each of which is greater than the one before."""
    for space in process.SPACES.values():
        assert space.start.keys() == space.values.keys()
        for name, values in space.values.items():
            assert space.start[name] in values
            assert list(values) == sorted(set(values))


def test_training_and_ranking(saved: Path) -> None:
    """Readers are ranked in chunks; there are metrics over all and scores of each, in order."""
    cost = process.train("popularity", saved, {})
    assert cost.train_seconds >= 0
    assert cost.peak_mb > 20
    process.rank(np.array([1, 2], dtype=np.int32))
    process.rank(np.array([3], dtype=np.int32))
    metrics, scores = process.results()
    # The lists are [1, 3], [2, 4] and [1, 3].
    assert scores.tolist() == [[1, 1], [1, 1 / log2(3)], [0, 0]]
    assert (metrics.recall, metrics.ndcg) == pytest.approx(scores.mean(axis=0).tolist())


def test_tuning_measures_the_lists_of_the_hold_out(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chosen parameters are those whose lists find most of the hold-out's books."""
    right = {100.0: 1, 300.0: 2, 1000.0: 3, 3000.0: 2}
    tried: list[float] = []

    def fit(_model: str, _task: Task, parameters: Parameters) -> Ranker:
        tried.append(parameters["regularisation"])

        def ranked(readers: Ids) -> list[list[int]]:
            """The wanted books of the first readers, and a wrong one for the others."""
            wanted = [TASK.wanted.of_reader(reader).tolist() for reader in readers.tolist()]
            return [*wanted[: right[tried[-1]]], *[[6]] * (len(wanted) - right[tried[-1]])]

        return ranked

    monkeypatch.setattr(process, "_fit", fit)
    tuning = process.tune(EASE, saved, budget=60)
    assert (tuning.parameters, tuning.trials) == ({"regularisation": 1000}, 4)
    assert tried == [100, 300, 1000, 3000]
    assert tuning.seconds > 0


def test_ranking_needs_a_trained_model(saved: Path) -> None:
    """It is a fault of the program."""
    with pytest.raises(AssertionError):
        process.rank(np.array([1], dtype=np.int32))
