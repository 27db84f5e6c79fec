"""How well the model predicts what readers read next, compared with popularity, random lists and `implicit`."""

from collections.abc import Iterator, Mapping, Sequence

import click
import numpy as np

from bench.data.book_data import BookData, amazon_book
from bookfiles.reading.options import Options
from recommendations.domain.books import Book
from recommendations.evaluation import MODELS, report
from recommendations.evaluation.input_files import InputFiles
from recommendations.evaluation.interactions import Interactions
from recommendations.evaluation.runner import evaluate
from recommendations.evaluation.split import Split, drift_split, random_split
from recommendations.evaluation.task import make_task
from servicekit.table import print_table

CUTOFF = 20
SEED = 7


def run() -> None:
    """Print the metrics of `evaluate` for all models on two hold-outs."""
    data = amazon_book("accuracy")
    if data is None:
        return
    pairs = read_pairs(data)
    books = InputFiles(Options.default()).books(data.books)
    rows = [
        row
        for name, split in (("random fifth", random_split), ("drift", drift_split))
        for row in _rows(name, split(pairs, SEED), books)
    ]
    columns = ("hold-out", *report.columns(CUTOFF))
    print_table(
        f"Accuracy on Amazon-Book, seed {SEED}: all books ranked that are not in the training part", columns, rows
    )
    click.echo(report.legend(MODELS))


def read_pairs(data: BookData) -> Interactions:
    """Read the pairs of a reader and a book; the file has no other columns."""
    rows = np.loadtxt(data.interactions, delimiter=",", skiprows=1, usecols=(0, 1), dtype=np.int32)
    return Interactions.purchases(rows[:, 0].copy(), rows[:, 1].copy())


def _rows(name: str, split: Split, books: Mapping[int, Book]) -> Iterator[Sequence[str]]:
    task, counts = make_task(split, np.array(sorted(books), dtype=np.int32), k=CUTOFF, seed=SEED)
    click.echo(f"{name}: {counts.readers:,} readers want {counts.wanted:,} books")
    for result in evaluate(task, split.training, books, MODELS):
        click.echo(f"{name}: {result.model} is done")
        yield name, *report.cells(result)
