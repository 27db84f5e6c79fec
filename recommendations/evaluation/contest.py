"""Putting one case to several models, each trained in a process of its own."""

import multiprocessing
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from recommendations.domain.books import Book
from recommendations.evaluation import OF_THE_LIBRARY, SHIPPED, shipped
from recommendations.evaluation.case import Case, save_interactions
from recommendations.evaluation.cost import Cost, Meter
from recommendations.evaluation.interactions import Interactions
from recommendations.evaluation.judge import Judge, Verdict
from recommendations.evaluation.rankers import Ranker, train_popularity, train_random

# Not forked: a child's memory then is its own, and no lock of a library is copied while a thread holds it.
_PROCESSES = multiprocessing.get_context("spawn")
_CASE, _TOLD = "case.npz", "told.npz"


@dataclass(frozen=True)
class Entry:
    """One model's result."""

    model: str
    verdict: Verdict
    cost: Cost


def evaluate(
    case: Case,
    told: Interactions,
    books: Mapping[int, Book],
    models: Sequence[str],
    *,
    budget: float | None = None,
) -> Iterator[Entry]:
    """Train and judge the models one after the other; each entry comes as soon as there is one.

    `told` is the training part that `case` was made of, `books` the facts of books that the caller has.
    """
    with tempfile.TemporaryDirectory(prefix="evaluate-") as name:
        folder = Path(name)
        case.save(folder / _CASE)
        if SHIPPED in models:
            save_interactions(told, folder / _TOLD)
        for model in models:
            if model == SHIPPED:
                yield _evaluate_shipped(case, books, folder, budget)
            else:
                with ProcessPoolExecutor(1, _PROCESSES) as child:
                    yield child.submit(_evaluate_baseline, model, folder / _CASE).result()


def _evaluate_shipped(case: Case, books: Mapping[int, Book], folder: Path, budget: float | None) -> Entry:
    # Every book of the catalogue may be recommended, by this model as by the others.
    catalogue = {id_: books.get(id_) or Book(id=id_, title=str(id_)) for id_ in case.catalogue.ids.tolist()}
    with ProcessPoolExecutor(1, _PROCESSES) as child:
        training = child.submit(shipped.train_and_publish, folder / _TOLD, catalogue, folder / "models", budget)
        published, cost = training.result()
    judge = Judge(case)
    chunks = [readers.tolist() for readers in case.chunks()]
    with ProcessPoolExecutor(os.cpu_count(), _PROCESSES, shipped.open_model, (published, catalogue)) as scorers:
        for readers, lists in zip(chunks, scorers.map(shipped.rank, chunks, [case.k] * len(chunks)), strict=True):
            judge.hear(readers, lists)
    return Entry(SHIPPED, judge.verdict(), cost)


def _evaluate_baseline(model: str, path: Path) -> Entry:
    """Train and judge in this process; what it costs is read before it is judged."""
    case = Case.load(path)
    meter = Meter()
    ranker = _train(model, case)
    cost = meter.read()
    judge = Judge(case)
    for readers in case.chunks():
        judge.hear(readers.tolist(), ranker(readers))
    return Entry(model, judge.verdict(), cost)


def _train(model: str, case: Case) -> Ranker:
    if model in OF_THE_LIBRARY:
        # SciPy and the library are none of what the other models cost.
        from recommendations.evaluation.baselines import train_with_library  # noqa: PLC0415

        return train_with_library(model, case)
    return {"popularity": train_popularity, "random": train_random}[model](case)
