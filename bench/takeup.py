"""What calls notice of it when a running server takes up a new model."""

import itertools
import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import click
import numpy as np
import psutil

from bench.accuracy import read_pairs
from bench.data.book_data import BookData, amazon_book
from bench.data.generated import Size, write_books, write_interactions
from bench.load.generator import Load, generate_load, offer_load
from bench.load.processes import Stage
from bench.load.recommendations_process import RecommendationsFolder, RunningServer, wait_until_serving
from protobufs import recommendations_pb2 as pb
from servicekit.table import print_table

METHOD = "/Recommendations/Recommend"
CONNECTIONS = 32
RESULTS = 10
PEAK_SECONDS = 3.0
SHARE = 0.25
"""Of the peak rate that is offered."""
SECONDS = 8.0
ROUNDS = 4
INTERACTIONS = 1_000_000
"""Of a made-up history."""
SEED = 7

COLUMNS = ("run", "calls/s", "calls", "failed", "p50 ms", "p99 ms", "slowest ms", "own MB after")


class Run(NamedTuple):
    """One run: whether a model was taken up in it, and what was measured."""

    taken_up: bool
    load: Load
    own_mb: float


def run(books: int) -> None:
    """Print latencies of runs with and without a take-up, over the real histories or so many made-up books."""
    with Stage() as stage:
        data = _made_up(stage, books) if books else amazon_book("take-up")
        if data is None:
            return
        click.echo("importing and training twice …")
        folder = RecommendationsFolder(stage)
        folder.run("import", "--books", str(data.books), "--interactions", str(data.interactions))
        versions = [folder.run("train", "--budget", "0").output.split()[-1] for _ in range(2)]
        server = folder.serve()
        wait_until_serving(server)
        once_serving = _own_mb(server)
        messages = _messages(data)
        generate_load(server.port, METHOD, messages, connections=CONNECTIONS, seconds=PEAK_SECONDS / 2)
        peak = generate_load(server.port, METHOD, messages, connections=CONNECTIONS, seconds=PEAK_SECONDS)
        if peak.failed:
            raise click.ClickException(f"{peak.failed} of {peak.calls} calls failed before there was a take-up")
        peak_rate = peak.calls / peak.seconds
        click.echo(f"peak {peak_rate:,.0f} calls/s; own memory once it serves {once_serving:.0f} MB")
        runs = list(_runs(folder, server, messages, versions, SHARE * peak_rate))
    named = f"{books:,} made-up books" if books else "Amazon-Book"
    title = f"Taking up a model at a quarter of the peak rate: {SECONDS:g} s a run, {named}"
    print_table(title, COLUMNS, [*map(_cells, runs), *_together(runs)])
    click.echo(
        "Every call is due at a time of its own and its latency counts from then. Each run starts `promote`,\n"
        "another process: with the version that is served, so that nothing changes, or with one that is taken up."
    )


def _made_up(stage: Stage, books: int) -> BookData:
    size = Size(books=books, interactions=INTERACTIONS)
    catalogue = stage.folder / "books.csv"
    write_books(catalogue, size)
    (history,) = write_interactions(stage.folder, size, parts=1)
    return BookData(catalogue, history)


def _own_mb(server: RunningServer) -> float:
    """The memory that the server shares with nobody: what one more worker costs."""
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
        taken_up = number % 2 == 1
        if taken_up:
            (served,) = set(versions) - {served}
        before = server.child.output().count("event=model_loaded")
        promoting = folder.start("promote", served)
        load = offer_load(server.port, METHOD, messages, connections=CONNECTIONS, seconds=SECONDS, rate=rate)
        promoting.wait()
        after = server.child.output().count("event=model_loaded")
        if after - before != taken_up:
            raise click.ClickException(
                f"{after - before} models were taken up in a run where {int(taken_up)} should be"
            )
        yield Run(taken_up, load, _own_mb(server))


def _messages(data: BookData) -> Iterator[bytes]:
    readers: list[int] = np.unique(read_pairs(data).readers).tolist()
    random.Random(SEED).shuffle(readers)
    requests = (pb.RecommendationRequest(user_id=one, any_category=True, max_results=RESULTS) for one in readers)
    return itertools.cycle([request.SerializeToString() for request in requests])


def _cells(one: Run) -> Sequence[str]:
    milliseconds = np.asarray(one.load.latencies) * 1000
    p50, p99 = np.percentile(milliseconds, [50, 99])
    return (
        *("with a take-up" if one.taken_up else "without", f"{one.load.calls / one.load.seconds:,.0f}"),
        *(f"{one.load.calls:,}", str(one.load.failed), f"{p50:.2f}", f"{p99:.2f}", f"{milliseconds.max():.1f}"),
        f"{one.own_mb:.0f}",
    )


def _together(runs: Sequence[Run]) -> Iterator[Sequence[str]]:
    for taken_up in (False, True):
        loads = [one.load for one in runs if one.taken_up == taken_up]
        latencies = [latency for load in loads for latency in load.latencies]
        failed, seconds = sum(load.failed for load in loads), sum(load.seconds for load in loads)
        cells = _cells(Run(taken_up, Load(latencies, failed, seconds, 0.0), max(one.own_mb for one in runs)))
        yield f"all {cells[0]}", *cells[1:]
