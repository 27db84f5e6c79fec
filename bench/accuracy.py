"""How well the model predicts what readers read next, compared with popularity, random lists and known models."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import click
import numpy as np

from bench.data.book_data import BookData, amazon_book
from bench.shapes.ideal import books_out, ideal_ranker, last_week
from bench.shapes.named import SHAPES
from bench.shapes.shop import Shop, make_shop
from bookfiles.reading.options import Options
from recommendations.domain.books import Book
from recommendations.evaluation import MODELS
from recommendations.evaluation.baselines.left_out import left_out
from recommendations.evaluation.input_files import InputFiles
from recommendations.evaluation.interactions import Interactions
from recommendations.evaluation.metrics import Evaluator
from recommendations.evaluation.report import Report
from recommendations.evaluation.results import ModelResult
from recommendations.evaluation.runner import evaluate
from recommendations.evaluation.split import Split, split
from recommendations.evaluation.task import Task, make_task
from recommendations.evaluation.training_cost import TrainingCost
from recommendations.model.learning.training import DEFAULT_BUDGET
from servicekit.table import print_table

CUTOFF = 20
SEED = 7
BUDGET = 20.0
"""Seconds that each model may train on a shape, including its search for parameters."""
IDEAL = "ideal"


def run(*, amazon: bool, shapes: Sequence[str], budget: float = BUDGET) -> None:
    """Print the metrics of `evaluate` for all models: two hold-outs of Amazon-Book, if `amazon`, and these shapes."""
    data = amazon_book("accuracy") if amazon else None
    if data is not None:
        _print_amazon_book(data)
    for name in shapes:
        _print_shape(name, budget)


def read_pairs(data: BookData) -> Interactions:
    """Read the pairs of a reader and a book; the file has no other columns."""
    rows = np.loadtxt(data.interactions, delimiter=",", skiprows=1, usecols=(0, 1), dtype=np.int32)
    return Interactions.purchases(rows[:, 0].copy(), rows[:, 1].copy())


def _print_amazon_book(data: BookData) -> None:
    pairs = read_pairs(data)
    books = InputFiles(Options.default()).books(data.books)
    for kind in ("random", "drift"):
        report = _report("Amazon-Book", kind, split(pairs, kind, SEED), books, DEFAULT_BUDGET)
        title = f"Amazon-Book, {kind} hold-out, seed {SEED}"
        print_table(f"{title}: all books ranked that are not in the training part", *report.accuracy())
        print_table(f"{title}: by the reader's number of liked books", *report.by_length())
        print_table(f"{title}: other metrics, and the cost of training", *report.others())
        click.echo(report.legend())


def _print_shape(name: str, budget: float) -> None:
    shop = make_shop(SHAPES[name], SEED)
    for kind in ("temporal",) if SHAPES[name].times else ("random", "drift"):
        hold_out = split(shop.interactions, kind, SEED)
        books = books_out(shop, last_week(shop, hold_out.training))
        report = _report(name, kind, hold_out, books, budget)
        ideal = _ideal(shop, hold_out, report.task)
        header, rows = replace(report, results=_sorted([*report.results, ideal])).accuracy()
        shares = {result.model: result.metrics.recall / ideal.metrics.recall for result in report.results}
        print_table(
            f"{name}, {kind} hold-out, seed {SEED}, budgets of {budget:g} s: all books ranked that are not in the"
            " training part",
            (*header, "of ideal"),
            [(*row, f"{shares.get(row[0], 1.0):.2f}") for row in rows],
        )


def _sorted(results: Sequence[ModelResult]) -> list[ModelResult]:
    return sorted(results, key=lambda result: -result.metrics.recall)


def _report(name: str, kind: str, parts: Split, books: Mapping[int, Book], budget: float) -> Report:
    task, counts = make_task(parts, np.array(sorted(books), dtype=np.int32), k=CUTOFF, seed=SEED)
    click.echo(f"{name}, {kind}: {counts.readers:,} readers want {counts.wanted:,} books")
    skipped = left_out(MODELS, task)
    models = [model for model in MODELS if model not in skipped]
    results = []
    for result in evaluate(task, parts.training, books, models, split=kind, budget=budget):
        click.echo(f"{name}, {kind}: {result.model} is done")
        results.append(result)
    return Report(results, task, counts, split=kind, skipped=skipped)


def _ideal(shop: Shop, hold_out: Split, task: Task) -> ModelResult:
    ranker, evaluator = ideal_ranker(shop, hold_out, task), Evaluator(task)
    for readers in task.chunks():
        evaluator.add(readers.tolist(), ranker(readers))
    return ModelResult(IDEAL, evaluator.metrics(), TrainingCost(0, 0), evaluator.scores())
