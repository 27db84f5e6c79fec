"""How well the model foresees what readers take up next, beside plain popularity."""

import csv
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from bench.book_data import BookData, amazon_book
from bench.metrics import ndcg, recall
from bench.split import Pairs, Split, drift_split, random_split
from bench.table import print_table
from recommendations.domain import Book, Event, InteractionKind, ShelfRequest
from recommendations.model import artifact, training
from recommendations.model.served import ServedModel

CUTOFF = 20
SEED = 7
CHUNK = 50_000
"""Events handed to the training at a time, as the store does it."""
TASK = 500
"""Readers scored at a time by one process."""

# Not forked: a child's peak memory then is its own.
_PROCESSES = multiprocessing.get_context("spawn")

Scores = npt.NDArray[np.float64]
"""Recall and NDCG, a row for each reader."""
Ranker = Callable[[int], list[int]]
"""Gives a reader's ranking."""


@dataclass(frozen=True)
class Trained:
    """Where a model was published, how long its training took, and the most memory that its process ever held."""

    folder: Path
    seconds: float
    peak_mb: float


def run() -> None:
    """Print recall and NDCG of the shipped model and of popularity on both hold-outs."""
    data = amazon_book("accuracy")
    if data is None:
        return
    pairs, books = read_pairs(data), read_book_ids(data)
    rows = [
        row
        for name, split in (("random fifth", random_split), ("drift", drift_split))
        for row in _rows(name, split(pairs, SEED), books)
    ]
    columns = (
        "hold-out",
        "model",
        "readers",
        f"Recall@{CUTOFF}",
        "±",
        f"NDCG@{CUTOFF}",
        "train s",
        "peak MB",
        "score s",
    )
    print_table(
        f"Accuracy on Amazon-Book, seed {SEED}: all books ranked that are not in the training part", columns, rows
    )
    click.echo(
        "shipped: trained, published, mapped and asked (ServedModel.recommend) as the server does it.\n"
        "±: the recall's standard error over readers. peak MB: of the whole training process.\n"
        f"score s: for all readers, by {_cores()} processes."
    )


def read_pairs(data: BookData) -> Pairs:
    """Every reader–book pair there is."""
    rows = np.loadtxt(data.interactions, delimiter=",", skiprows=1, usecols=(0, 1), dtype=np.int32)
    return Pairs(rows[:, 0].copy(), rows[:, 1].copy())


def read_book_ids(data: BookData) -> list[int]:
    """The id of every book."""
    with data.books.open(encoding="utf-8-sig", newline="") as file:
        return [int(row["book_id"]) for row in csv.DictReader(file)]


def _rows(name: str, split: Split, books: list[int]) -> Iterator[Sequence[str]]:
    test = split.test.by_reader()
    readers = f"{len(test):,}"
    with tempfile.TemporaryDirectory(prefix="bench-accuracy-") as folder:
        with ProcessPoolExecutor(1, mp_context=_PROCESSES) as trainer:
            trained = trainer.submit(_train, split.training, books, Path(folder)).result()
        started = time.perf_counter()
        with ProcessPoolExecutor(_cores(), _PROCESSES, _load, (trained.folder, books)) as scorers:
            shipped = np.concatenate(list(scorers.map(_score_served, _tasks(test))))
        seconds = f"{time.perf_counter() - started:.0f}"
    yield name, "shipped", readers, *_cells(shipped), f"{trained.seconds:.1f}", f"{trained.peak_mb:.0f}", seconds
    popular = _score(_popularity(split.training), test)
    yield name, "popularity", readers, *_cells(popular), "–", "–", "–"


def _cells(scores: Scores) -> tuple[str, str, str]:
    recalls, gains = scores.T
    error = recalls.std() / max(len(recalls), 1) ** 0.5
    return f"{recalls.mean():.4f}", f"{error:.4f}", f"{gains.mean():.4f}"


def _tasks(test: dict[int, list[int]]) -> Iterator[dict[int, list[int]]]:
    items = list(test.items())
    for start in range(0, len(items), TASK):
        yield dict(items[start : start + TASK])


def _score(ranked: Ranker, test: dict[int, list[int]]) -> Scores:
    scores = []
    for reader, books in test.items():
        ranking, wanted = ranked(reader), frozenset(books)
        scores.append((recall(ranking, wanted, CUTOFF), ndcg(ranking, wanted, CUTOFF)))
    return np.array(scores)


def _popularity(known: Pairs) -> Ranker:
    """Books by their number of readers, without those that the reader has."""
    books, readers = np.unique(known.books, return_counts=True)
    by_readers = books[np.lexsort((books, -readers))].tolist()
    had = {reader: frozenset(theirs) for reader, theirs in known.by_reader().items()}

    def ranked(reader: int) -> list[int]:
        theirs = had.get(reader, frozenset())
        return [book for book in by_readers[: CUTOFF + len(theirs)] if book not in theirs][:CUTOFF]

    return ranked


def _train(known: Pairs, books: list[int], folder: Path) -> Trained:
    """Train in this process, which does nothing else, and publish the model in `folder`."""
    started = time.perf_counter()
    model = training.train(books, _events(known), now=datetime.now(UTC))
    seconds = time.perf_counter() - started
    artifact.publish(model, folder)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Trained(folder / model.version, seconds, peak_mb)


def _events(known: Pairs) -> Iterator[list[Event]]:
    for start in range(0, len(known), CHUNK):
        span = slice(start, start + CHUNK)
        pairs = zip(known.readers[span].tolist(), known.books[span].tolist(), strict=True)
        yield [
            Event(sequence, reader, book, InteractionKind.PURCHASE, 0.0)
            for sequence, (reader, book) in enumerate(pairs, start + 1)
        ]


_served: ServedModel | None = None
"""The model of a scoring process."""


def _load(folder: Path, books: list[int]) -> None:
    global _served  # noqa: PLW0603  (a pool hands its processes nothing else)
    _served = ServedModel(artifact.load(folder), {id_: Book(id=id_, title=str(id_)) for id_ in books})


def _score_served(test: dict[int, list[int]]) -> Scores:
    assert _served is not None
    model = _served

    def ranked(reader: int) -> list[int]:
        shelf = model.recommend(ShelfRequest(reader_id=reader, category=None, limit=CUTOFF))
        return [one.book.id for one in shelf.recommendations]

    return _score(ranked, test)


def _cores() -> int:
    return os.cpu_count() or 1
