"""Import, training, start and memory with ten million interactions, and how training time grows."""

import json
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import click
import numpy as np
import psutil

from bench.data.histories import Size, write_books, write_interactions
from bench.ingestion import row
from bench.load.processes import Finished, Sandbox
from bench.load.recommendations_process import RecommendationsFolder, wait_until_serving
from servicekit.table import print_table

STEPS = 4
"""The number of files with the history, each of which doubles it; a model is trained after each."""

SEARCH_SECONDS = 240.0


@dataclass(frozen=True)
class Step:
    """A training on part of the history: its numbers of readers and interactions, and its cost."""

    readers: int
    interactions: int
    trained: Finished


@dataclass(frozen=True)
class Started:
    """The time until a server was ready, and the unshared memory (MiB) of its largest process."""

    seconds: float
    cpu_seconds: float
    own_mb: float


def run(size: Size, search_seconds: float) -> None:
    """Print the cost of each command, each in its own process, on SQLite with generated data."""
    with Sandbox() as sandbox:
        books = sandbox.folder / "books.csv"
        # A child's peak memory starts at that of its parent, so this process must stay small.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
            apart.submit(write_books, books, size).result()
            files = apart.submit(write_interactions, sandbox.folder, size, STEPS).result()
        folder = RecommendationsFolder(sandbox)
        rows = [_row("import books.csv", folder.run("import", "--books", str(books)))]
        steps: list[Step] = []
        for file in files:
            rows.append(_row(f"import {file.name}", folder.run("import", "--interactions", str(file))))
            steps.append(_step(folder, folder.run("train", "--budget", "0")))
            click.echo(f"{steps[-1].interactions:,} interactions imported and trained on")
        rows.append(_row("train --budget 0", steps[-1].trained))
        searched = folder.run("train", "--budget", f"{search_seconds:g}")
        rows.append(_row(f"train --budget {search_seconds:g}", searched))
        started = _served(folder)
    rows.append(
        ("serve: until health says SERVING", "–", f"{started.seconds:.2f}", "–", "–", f"{started.cpu_seconds:.2f}")
    )
    print_table(
        f"{size.books:,} books, {steps[-1].readers:,} readers, {steps[-1].interactions:,} interactions, on SQLite",
        ("command", "rows", "seconds", "rows/s", "peak MB", "cpu s"),
        rows,
    )
    click.echo(
        f"The server's own memory (USS without unchanged pages of files) when it serves: {started.own_mb:.0f} MB."
    )
    _print_growth(steps)
    click.echo("Each command is timed as a whole process, including the start of Python.")


def growth(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The exponent e of the best-fitting power law, seconds = c · sizes^e (least squares of the logarithms)."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def _step(folder: RecommendationsFolder, trained: Finished) -> Step:
    newest = max((folder.path / "models").glob("*/manifest.json"))
    manifest = json.loads(newest.read_text(encoding="utf-8"))
    # Each like is one interaction, since no reader interacts twice with a book.
    return Step(manifest["readers"], manifest["likes"], trained)


def _row(command: str, finished: Finished) -> Sequence[str]:
    return *row(command, finished), f"{finished.cpu_seconds:.1f}"


def _served(folder: RecommendationsFolder) -> Started:
    started = time.perf_counter()
    server = folder.serve()
    wait_until_serving(server)
    seconds = time.perf_counter() - started
    parent = psutil.Process(server.child.pid)
    own = max(map(_own_bytes, (parent, *parent.children(recursive=True))))
    return Started(seconds, server.child.cpu_seconds(), own / 2**20)


def _own_bytes(process: psutil.Process) -> int:
    """The unshared memory of a process (USS), without the file pages that a second worker would share.

    These are the pages of the model's arrays and of the libraries' code.
    """
    files = (mapped for mapped in process.memory_maps() if mapped.path.startswith("/"))
    return int(process.memory_full_info().uss) - sum(mapped.private_clean for mapped in files)


def _print_growth(steps: Sequence[Step]) -> None:
    first = steps[0].trained
    rows = [
        (
            f"{step.readers:,}",
            *(f"{step.readers / steps[0].readers:.1f} ×", f"{step.interactions:,}"),
            *(f"{step.trained.seconds:.1f}", f"{step.trained.cpu_seconds:.1f}"),
            *(f"{step.trained.cpu_seconds / first.cpu_seconds:.1f} ×", f"{step.trained.peak_mb:.0f}"),
        )
        for step in steps
    ]
    columns = ("readers", "as many", "interactions", "seconds", "cpu s", "cpu: as long", "peak MB")
    print_table("How `train --budget 0` grows with the readers", columns, rows)
    exponent = growth([step.readers for step in steps], [step.trained.cpu_seconds for step in steps])
    click.echo(f"Processor time grows as readers to the power of {exponent:.2f}.")
