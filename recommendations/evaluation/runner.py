"""Evaluates several models on the same task, each trained in a process of its own."""

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from recommendations.domain.books import Book
from recommendations.evaluation import SHIPPED, shipped
from recommendations.evaluation.baselines import process
from recommendations.evaluation.baselines.tuning import hold_out
from recommendations.evaluation.interactions import Interactions
from recommendations.evaluation.metrics import Evaluator
from recommendations.evaluation.results import ModelResult
from recommendations.evaluation.task import Task

# Forked processes would share their parent's memory, and might copy a lock that another thread holds.
_PROCESSES = multiprocessing.get_context("spawn")
RANKING = "ranking readers"
_TASK, _TUNING, _TRAINING = "task.npz", "tuning.npz", "training.npz"

Stage = Callable[[str, str, float], None]
"""Called with a model, what is being done with it, and the share of that which is done, where it is known."""


def evaluate(
    task: Task,
    training: Interactions,
    books: Mapping[int, Book],
    models: Sequence[str],
    *,
    split: str,
    budget: float,
    stage: Stage = lambda _model, _doing, _share: None,
) -> Iterator[ModelResult]:
    """Train and evaluate the models one after the other, and yield each result at once.

    `training` is the training part of the task's `split` (its name), and `books` are the known books by id. Models
    that search for their parameters have `budget` seconds each, including the training.
    """
    with tempfile.TemporaryDirectory(prefix="evaluate-") as name:
        folder = Path(name)
        task.save(folder / _TASK)
        if SHIPPED in models:
            training.save(folder / _TRAINING)
        if any(model in process.SPACES for model in models):
            tuning = hold_out(training, split, task)
            if tuning is not None:
                tuning.save(folder / _TUNING)
        for model in models:
            if model == SHIPPED:
                yield _evaluate_shipped(task, books, folder, budget, stage)
            else:
                yield _evaluate_baseline(model, task, folder, budget, stage)


def _evaluate_shipped(
    task: Task, books: Mapping[int, Book], folder: Path, budget: float, stage: Stage
) -> ModelResult:
    # Like the others, this model may recommend every book of the catalogue.
    catalogue = {id_: books.get(id_) or Book(id=id_, title=str(id_)) for id_ in task.catalogue.ids.tolist()}
    stage(SHIPPED, "tuning and training", 0)
    with ProcessPoolExecutor(1, _PROCESSES) as child:
        training = child.submit(shipped.train_and_publish, folder / _TRAINING, catalogue, folder / "models", budget)
        published, cost = training.result()
    evaluator = Evaluator(task)
    chunks = [readers.tolist() for readers in task.chunks()]
    with ProcessPoolExecutor(os.cpu_count(), _PROCESSES, shipped.open_model, (published, catalogue)) as scorers:
        ranked = 0
        for readers, lists in zip(chunks, scorers.map(shipped.rank, chunks, [task.k] * len(chunks)), strict=True):
            stage(SHIPPED, RANKING, ranked / len(task.wanted.readers))
            evaluator.add(readers, lists)
            ranked += len(readers)
    return ModelResult(SHIPPED, evaluator.metrics(), cost, evaluator.scores())


def _evaluate_baseline(model: str, task: Task, folder: Path, budget: float, stage: Stage) -> ModelResult:
    tuning = process.untuned(model)
    with ProcessPoolExecutor(1, _PROCESSES) as child:
        if model in process.SPACES and (folder / _TUNING).exists():
            stage(model, "tuning", 0)
            tuning = child.submit(process.tune, model, folder / _TUNING, budget).result()
        stage(model, "training", 0)
        cost = child.submit(process.train, model, folder / _TASK, tuning.parameters).result()
        ranked = 0
        for readers in task.chunks():
            stage(model, RANKING, ranked / len(task.wanted.readers))
            child.submit(process.rank, readers).result()
            ranked += len(readers)
        metrics, scores = child.submit(process.results).result()
    cost = replace(cost, train_seconds=tuning.seconds + cost.train_seconds)
    return ModelResult(model, metrics, cost, scores, parameters=tuning.parameters, trials=tuning.trials)
