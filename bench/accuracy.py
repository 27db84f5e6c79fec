"""How well the model predicts what readers read next, compared with popularity, random lists and `implicit`."""

from collections.abc import Iterator, Mapping, Sequence

import click
import numpy as np

from bench.data.book_data import BookData, amazon_book
from bench.shapes.ideal import books_out, ideal_ranker, last_week
from bench.shapes.named import SHAPES
from bench.shapes.shop import Shop, make_shop
from bookfiles.reading.options import Options
from recommendations.domain.books import Book
from recommendations.evaluation import MODELS, report
from recommendations.evaluation.input_files import InputFiles
from recommendations.evaluation.interactions import Interactions
from recommendations.evaluation.metrics import Evaluator, Metrics
from recommendations.evaluation.runner import ModelResult, evaluate
from recommendations.evaluation.split import Split, drift_split, random_split, split
from recommendations.evaluation.task import Task, make_task
from recommendations.evaluation.training_cost import TrainingCost
from servicekit.table import print_table

CUTOFF = 20
SEED = 7
BUDGET = 20.0
"""Seconds that the shipped model may train on a shape, including its search for parameters."""

Row = tuple[str, ...]


def run(*, amazon: bool, shapes: Sequence[str], budget: float = BUDGET) -> None:
    """Print the metrics of `evaluate` for all models: two hold-outs of Amazon-Book, if `amazon`, and these shapes."""
    data = amazon_book("accuracy") if amazon else None
    if data is not None:
        _print_amazon_book(data)
    for name in shapes:
        _print_shape(name, budget)
    if data is not None or shapes:
        click.echo(report.legend(MODELS))


def read_pairs(data: BookData) -> Interactions:
    """Read the pairs of a reader and a book; the file has no other columns."""
    rows = np.loadtxt(data.interactions, delimiter=",", skiprows=1, usecols=(0, 1), dtype=np.int32)
    return Interactions.purchases(rows[:, 0].copy(), rows[:, 1].copy())


def _print_amazon_book(data: BookData) -> None:
    pairs = read_pairs(data)
    books = InputFiles(Options.default()).books(data.books)
    rows = [
        (name, *report.cells(result))
        for name, hold_out in (("random fifth", random_split(pairs, SEED)), ("drift", drift_split(pairs, SEED)))
        for result in _results(name, hold_out, books, _task(name, hold_out, books))
    ]
    columns = ("hold-out", *report.columns(CUTOFF))
    print_table(
        f"Accuracy on Amazon-Book, seed {SEED}: all books ranked that are not in the training part", columns, rows
    )


def _print_shape(name: str, budget: float) -> None:
    shop = make_shop(SHAPES[name], SEED)
    for kind in ("temporal",) if SHAPES[name].times else ("random", "drift"):
        rows = sorted(_shape_rows(name, kind, shop, budget), key=lambda row: float(row[1]), reverse=True)
        title = (
            f"Accuracy on the shape {name}, {kind} hold-out, seed {SEED}, budget of shipped {budget:g} s: all books"
        )
        print_table(f"{title} ranked that are not in the training part", (*report.columns(CUTOFF), "of ideal"), rows)


def _shape_rows(name: str, kind: str, shop: Shop, budget: float) -> Iterator[Row]:
    hold_out = split(shop.interactions, kind, SEED)
    books = books_out(shop, last_week(shop, hold_out.training))
    task = _task(name, hold_out, books)
    ideal = _ideal(shop, hold_out, task)
    # It is not trained, so the costs are left out.
    *measures, _, _ = report.cells(ModelResult("ideal", ideal, TrainingCost(0, 0)))
    yield (*measures, "", "", "1.00")
    for result in _results(name, hold_out, books, task, budget):
        yield (*report.cells(result), f"{result.metrics.recall / ideal.recall:.2f}")


def _ideal(shop: Shop, hold_out: Split, task: Task) -> Metrics:
    ranker, evaluator = ideal_ranker(shop, hold_out, task), Evaluator(task)
    for readers in task.chunks():
        evaluator.add(readers.tolist(), ranker(readers))
    return evaluator.metrics()


def _task(name: str, hold_out: Split, books: Mapping[int, Book]) -> Task:
    task, counts = make_task(hold_out, np.array(sorted(books), dtype=np.int32), k=CUTOFF, seed=SEED)
    click.echo(f"{name}: {counts.readers:,} readers want {counts.wanted:,} books")
    return task


def _results(
    name: str, hold_out: Split, books: Mapping[int, Book], task: Task, budget: float | None = None
) -> Iterator[ModelResult]:
    for result in evaluate(task, hold_out.training, books, MODELS, budget=budget):
        click.echo(f"{name}: {result.model} is done")
        yield result
