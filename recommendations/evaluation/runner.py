"""Evaluates several models on the same task, each trained in a process of its own."""

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
from recommendations.evaluation.task import Task
from recommendations.evaluation.training_cost import Meter, TrainingCost

# Forked processes would share their parent's memory, and might copy a lock that another thread holds.
_PROCESSES = multiprocessing.get_context("spawn")
_TASK, _TRAINING = "task.npz", "training.npz"


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
    """Train and evaluate the models one after the other, and yield each result at once.

    `training` is the training part of the task's split, and `books` are the known books by id.
    """
    with tempfile.TemporaryDirectory(prefix="evaluate-") as name:
        folder = Path(name)
        task.save(folder / _TASK)
        if SHIPPED in models:
            training.save(folder / _TRAINING)
        for model in models:
            if model == SHIPPED:
                yield _evaluate_shipped(task, books, folder, budget)
            else:
                with ProcessPoolExecutor(1, _PROCESSES) as child:
                    yield child.submit(_evaluate_baseline, model, folder / _TASK).result()


def _evaluate_shipped(task: Task, books: Mapping[int, Book], folder: Path, budget: float | None) -> ModelResult:
    # Like the others, this model may recommend every book of the catalogue.
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
    """Train and evaluate in this process; only the training counts in the cost."""
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
        # Imported here, because SciPy and the library must not count in the cost of other models.
        from recommendations.evaluation.implicit_baselines import train_with_library  # noqa: PLC0415

        return train_with_library(model, task)
    return {"popularity": train_popularity, "random": train_random}[model](task)
