"""What the process of a baseline does: tune, train, and rank readers chunk by chunk."""

from dataclasses import dataclass
from pathlib import Path

from recommendations.evaluation import EASE, IMPLICIT
from recommendations.evaluation.baselines import ease, library
from recommendations.evaluation.baselines.simple import Ranker, train_popularity, train_random
from recommendations.evaluation.baselines.tuning import Parameters, Space, best_of, search
from recommendations.evaluation.metrics import Evaluator, Metrics, Scores
from recommendations.evaluation.task import Task
from recommendations.evaluation.training_cost import Meter, TrainingCost
from recommendations.model.vocabulary import Ids

SPACES: dict[str, Space] = {EASE: ease.SPACE, "als": library.ALS_SPACE}
"""The search spaces of the models that are tuned."""


@dataclass(frozen=True)
class Tuning:
    """The parameters that a search found, in how many trials, and how long it took."""

    parameters: Parameters
    trials: int
    seconds: float


def untuned(model: str) -> Tuning:
    """The parameters of a model without a search."""
    if model in SPACES:
        return Tuning(SPACES[model].start, trials=0, seconds=0.0)
    return Tuning(library.PARAMETERS.get(model, {}), trials=0, seconds=0.0)


def tune(model: str, path: Path, budget: float) -> Tuning:
    """Search for parameters on a saved hold-out, in `budget` seconds including the training that follows."""
    task = Task.load(path)
    meter = Meter()
    if model in IMPLICIT:
        library.load()

    def attempt(parameters: Parameters) -> Metrics:
        ranker = _fit(model, task, parameters)
        evaluator = Evaluator(task)
        for readers in task.chunks():
            evaluator.add(readers.tolist(), ranker(readers))
        return evaluator.metrics()

    trials = search(SPACES[model], attempt, budget=budget - meter.read().train_seconds)
    return Tuning(best_of(trials).parameters, len(trials), meter.read().train_seconds)


@dataclass(frozen=True)
class _Trained:
    rank: Ranker
    evaluator: Evaluator


_trained: _Trained | None = None
"""The model of this process."""


def train(model: str, path: Path, parameters: Parameters) -> TrainingCost:
    """Train on a saved task, for `rank`; the cost is that of the training, but the peak that of the process."""
    global _trained  # noqa: PLW0603  (a pool gives its processes no other state)
    task = Task.load(path)
    meter = Meter()
    ranker = _fit(model, task, parameters)
    cost = meter.read()
    _trained = _Trained(ranker, Evaluator(task))
    return cost


def rank(readers: Ids) -> None:
    """Rank these readers' books and evaluate the lists."""
    trained = _require_trained()
    trained.evaluator.add(readers.tolist(), trained.rank(readers))


def results() -> tuple[Metrics, Scores]:
    """The metrics, and each reader's scores, once all readers of the task were ranked."""
    evaluator = _require_trained().evaluator
    return evaluator.metrics(), evaluator.scores()


def _require_trained() -> _Trained:
    assert _trained is not None  # noqa: S101  (the caller trains first)
    return _trained


def _fit(model: str, task: Task, parameters: Parameters) -> Ranker:
    if model in IMPLICIT:
        return library.train_with_library(model, task, parameters)
    if model == EASE:
        return ease.train_ease(task, parameters)
    return {"popularity": train_popularity, "random": train_random}[model](task)
