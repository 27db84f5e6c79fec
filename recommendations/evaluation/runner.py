"""Evaluating several models on one case, each trained in a process of its own."""

import multiprocessing
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from recommendations.domain.books import Book
from recommendations.evaluation import IMPLICIT, SHIPPED, shipped
from recommendations.evaluation.interactions import Interactions
from recommendations.evaluation.metrics import Evaluator, Metrics
from recommendations.evaluation.simple_baselines import Ranker, train_popularity, train_random
from recommendations.evaluation.task import Task, save_interactions
from recommendations.evaluation.training_cost import Meter, TrainingCost

# Not forked: a child's memory is then its own, and no library's lock is copied while a thread holds it.
_PROCESSES = multiprocessing.get_context("spawn")
_CASE, _TRAINING = "case.npz", "training.npz"


@dataclass(frozen=True)
class ModelResult:
    """One model's metrics and cost."""

    model: str
    metrics: Metrics
    cost: TrainingCost


def evaluate(
    task: Task,
    training: Interactions,
    books: Mapping[int, Book],
    models: Sequence[str],
    *,
    budget: float | None = None,
) -> Iterator[ModelResult]:
    """Train and evaluate the models one after the other; each result comes as soon as it is there.

    `training` is the part that `case` was made of, `books` what the caller knows about books.
    """
    with tempfile.TemporaryDirectory(prefix="evaluate-") as name:
        folder = Path(name)
        task.save(folder / _CASE)
        if SHIPPED in models:
            save_interactions(training, folder / _TRAINING)
        for model in models:
            if model == SHIPPED:
                yield _evaluate_shipped(task, books, folder, budget)
            else:
                with ProcessPoolExecutor(1, _PROCESSES) as child:
                    yield child.submit(_evaluate_baseline, model, folder / _CASE).result()


def _evaluate_shipped(task: Task, books: Mapping[int, Book], folder: Path, budget: float | None) -> ModelResult:
    # This model too may recommend every book of the catalogue.
    catalogue = {id_: books.get(id_) or Book(id=id_, title=str(id_)) for id_ in task.catalogue.ids.tolist()}
    with ProcessPoolExecutor(1, _PROCESSES) as child:
        training = child.submit(shipped.train_and_publish, folder / _TRAINING, catalogue, folder / "models", budget)
        published, cost = training.result()
    evaluator = Evaluator(task)
    chunks = [readers.tolist() for readers in task.chunks()]
    with ProcessPoolExecutor(os.cpu_count(), _PROCESSES, shipped.open_model, (published, catalogue)) as scorers:
        for readers, lists in zip(chunks, scorers.map(shipped.rank, chunks, [task.k] * len(chunks)), strict=True):
            evaluator.add(readers, lists)
    return ModelResult(SHIPPED, evaluator.metrics(), cost)


def _evaluate_baseline(model: str, path: Path) -> ModelResult:
    """Train and evaluate in this process; the cost is that of training."""
    task = Task.load(path)
    meter = Meter()
    ranker = _train(model, task)
    cost = meter.read()
    evaluator = Evaluator(task)
    for readers in task.chunks():
        evaluator.add(readers.tolist(), ranker(readers))
    return ModelResult(model, evaluator.metrics(), cost)


def _train(model: str, task: Task) -> Ranker:
    if model in IMPLICIT:
        # Imported here: SciPy and the library are no part of what the other models cost.
        from recommendations.evaluation.implicit_baselines import train_with_library  # noqa: PLC0415

        return train_with_library(model, task)
    return {"popularity": train_popularity, "random": train_random}[model](task)
