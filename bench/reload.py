"""Latencies of calls while a running server loads a new model."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click
import numpy as np
import psutil

from bench.calls import CONNECTIONS, METHOD, cycled_requests, shuffled_readers
from bench.data.book_data import BookData, amazon_book
from bench.data.histories import Size, write_books, write_interactions
from bench.load.generator import Load, generate_load, offer_load
from bench.load.processes import Sandbox
from bench.load.recommendations_process import RecommendationsFolder, RunningServer, wait_until_serving
from servicekit.table import print_table

PEAK_SECONDS = 3.0
SHARE = 0.25
"""Of the peak rate that is offered."""
SECONDS = 8.0
ROUNDS = 4
INTERACTIONS = 1_000_000
"""Of a generated history."""

COLUMNS = ("run", "calls/s", "calls", "failed", "p50 ms", "p99 ms", "slowest ms", "own MB after")


class Run(NamedTuple):
    """The measurements of one run, and whether a model was loaded during it."""

    reloaded: bool
    load: Load
    own_mb: float


def run(books: int) -> None:
    """Print latencies of runs with and without a reload, with real histories or this many generated books."""
    with Sandbox() as sandbox:
        data = _generated(sandbox, books) if books else amazon_book("reload")
        if data is None:
            return
        click.echo("importing and training twice …")
        folder = RecommendationsFolder(sandbox)
        folder.run("import", "--books", str(data.books), "--interactions", str(data.interactions))
        versions = [folder.run("train", "--budget", "0").output.split()[-1] for _ in range(2)]
        server = folder.serve()
        wait_until_serving(server)
        once_serving = _own_mb(server)
        messages = cycled_requests(shuffled_readers(data))
        generate_load(server.port, METHOD, messages, connections=CONNECTIONS, seconds=PEAK_SECONDS / 2)
        peak = generate_load(server.port, METHOD, messages, connections=CONNECTIONS, seconds=PEAK_SECONDS)
        if peak.failed:
            raise click.ClickException(f"{peak.failed} of {peak.calls} calls failed before any model was loaded")
        peak_rate = peak.calls / peak.seconds
        click.echo(f"peak {peak_rate:,.0f} calls/s; own memory once it serves {once_serving:.0f} MB")
        runs = list(_runs(folder, server, messages, versions, SHARE * peak_rate))
    named = f"{books:,} generated books" if books else "Amazon-Book"
    title = f"Loading a model at a quarter of the peak rate: {SECONDS:g} s a run, {named}"
    print_table(title, COLUMNS, [*map(_cells, runs), *_together(runs)])
    click.echo(
        "Every call is due at a fixed time and its latency counts from then. Each run starts `promote`,\n"
        "another process: with the version that is served, so that nothing changes, or with another, which is loaded."
    )


def _generated(sandbox: Sandbox, books: int) -> BookData:
    size = Size(books=books, interactions=INTERACTIONS)
    catalogue = sandbox.folder / "books.csv"
    write_books(catalogue, size)
    (history,) = write_interactions(sandbox.folder, size, parts=1)
    return BookData(catalogue, history)


def _own_mb(server: RunningServer) -> float:
    """The server's unshared memory (USS), which each further worker would need again."""
    return psutil.Process(server.child.pid).memory_full_info().uss / 1e6


def _runs(
    folder: RecommendationsFolder,
    server: RunningServer,
    messages: Iterator[bytes],
    versions: Sequence[str],
    rate: float,
) -> Iterator[Run]:
    served = versions[-1]
    for number in range(2 * ROUNDS):
        reloaded = number % 2 == 1
        if reloaded:
            (served,) = set(versions) - {served}
        before = server.child.output().count("event=model_loaded")
        promoting = folder.start("promote", served)
        load = offer_load(server.port, METHOD, messages, connections=CONNECTIONS, seconds=SECONDS, rate=rate)
        promoting.wait()
        after = server.child.output().count("event=model_loaded")
        if after - before != reloaded:
            raise click.ClickException(
                f"{after - before} models were loaded in a run that should load {int(reloaded)}"
            )
        yield Run(reloaded, load, _own_mb(server))


def _cells(run_: Run) -> Sequence[str]:
    milliseconds = np.asarray(run_.load.latencies) * 1000
    p50, p99 = np.percentile(milliseconds, [50, 99])
    return (
        *("with a reload" if run_.reloaded else "without", f"{run_.load.calls / run_.load.seconds:,.0f}"),
        *(f"{run_.load.calls:,}", str(run_.load.failed), f"{p50:.2f}", f"{p99:.2f}", f"{milliseconds.max():.1f}"),
        f"{run_.own_mb:.0f}",
    )


def _together(runs: Sequence[Run]) -> Iterator[Sequence[str]]:
    for reloaded in (False, True):
        loads = [run_.load for run_ in runs if run_.reloaded == reloaded]
        latencies = [latency for load in loads for latency in load.latencies]
        failed, seconds = sum(load.failed for load in loads), sum(load.seconds for load in loads)
        cells = _cells(Run(reloaded, Load(latencies, failed, seconds, 0.0), max(run_.own_mb for run_ in runs)))
        yield f"all {cells[0]}", *cells[1:]
