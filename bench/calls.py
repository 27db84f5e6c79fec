"""What a call costs: ours beside servers that do less, in one run, under one load generator."""

import itertools
import random
import statistics
import time
from collections.abc import Sequence

import click
import grpc
import numpy as np

from bench import empty_servers
from bench.accuracy import read_pairs
from bench.data.book_data import BookData, amazon_book
from bench.load.generator import Load, generate_load
from bench.load.processes import Stage, python
from bench.load.recommendations_process import (
    RecommendationsFolder,
    RunningServer,
    import_and_train,
    wait_until_serving,
)
from protobufs import recommendations_pb2 as pb
from protobufs.recommendations_pb2_grpc import RecommendationsStub
from servicekit.table import print_table

METHOD = "/Recommendations/Recommend"
CONNECTIONS = 32
WARM_UP_SECONDS = 1.5
ROUNDS = 10
SECONDS = 1.0
"""Of each row in each round. The rows take turns, so that what else the machine does meets all of them."""
WORKERS = 2
COMING_BACK = 1_000
"""So many readers ask again and again, in turn."""
LOOKS = 30
"""At a server of several workers, before all of them are taken to be ready."""
SEQUENTIAL_CALLS = 500
RESULTS = 10
SEED = 7

EMPTY = (
    ("empty handler, grpcio alone", "bare"),
    ("ten of a hundred at random, grpcio alone", "sampler"),
    ("empty handler, our server", "empty"),
    ("ready shelf, our server", "ready"),
)
"""What is measured beside ours, the first of them the measure of all."""
COLUMNS = (
    *("server", "calls/s", "of bare", "lowest", "highest", "p50 ms", "p99 ms"),
    *("server µs", "client µs", "alone ms", "failed", "bytes"),
)


class Row:
    """One server, the messages it is asked, and what was measured of it."""

    def __init__(self, name: str, server: RunningServer, readers: Sequence[int]) -> None:
        self.name = name
        self.loads: list[Load] = []
        self.server_cpu_seconds = 0.0
        self._server = server
        self._reader = readers[0]
        self._messages = itertools.cycle([_request(reader).SerializeToString() for reader in readers])

    def warm_up(self) -> None:
        """A load that is not counted."""
        self._load(WARM_UP_SECONDS)

    def measure(self) -> None:
        """One round."""
        before = self._server.child.cpu_seconds()
        self.loads.append(self._load(SECONDS))
        self.server_cpu_seconds += self._server.child.cpu_seconds() - before

    def alone(self) -> tuple[float, int]:
        """The median milliseconds of one caller with grpcio's own client, and the size of the answer."""
        seconds = []
        with grpc.insecure_channel(f"127.0.0.1:{self._server.port}") as channel:
            stub = RecommendationsStub(channel)
            for _ in range(SEQUENTIAL_CALLS):
                started = time.perf_counter()
                answer = stub.Recommend(_request(self._reader), timeout=5.0)
                seconds.append(time.perf_counter() - started)
        if len(answer.recommendations) != RESULTS:
            raise ValueError(f"{len(answer.recommendations)} books came instead of {RESULTS}")
        return statistics.median(seconds) * 1000, answer.ByteSize()

    @property
    def rates(self) -> list[float]:
        """Answered calls a second in each round."""
        return [len(load.latencies) / load.seconds for load in self.loads]

    def _load(self, seconds: float) -> Load:
        return generate_load(self._server.port, METHOD, self._messages, connections=CONNECTIONS, seconds=seconds)


def run() -> None:
    """Print calls a second, latencies and processor time a call."""
    with Stage() as stage:
        data = amazon_book("Recommend")
        rows = [Row(name, _empty(stage, kind), [1]) for name, kind in EMPTY]
        if data is not None:
            folder, readers = _trained(stage, data), _shuffled_readers(data)
            server, crew = _ready(folder), _ready(folder, workers=WORKERS)
            rows.append(Row("Recommend, another reader each call", server, readers))
            rows.append(Row(f"Recommend, {COMING_BACK:,} readers coming back", server, readers[:COMING_BACK]))
            rows.append(Row(f"Recommend, another reader, {WORKERS} workers", crew, readers))
            rows.append(Row(f"Recommend, coming back, {WORKERS} workers", crew, readers[:COMING_BACK]))
        click.echo("measuring …")
        for row in rows:
            row.warm_up()
        for _ in range(ROUNDS):
            for row in rows:
                row.measure()
        cells = [_cells(row, bare=rows[0]) for row in rows]
    title = f"Calls over loopback: {CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS:g} s a row, {RESULTS} books"
    print_table(title, COLUMNS, cells)
    click.echo(
        "calls/s: the median of the rounds; of bare: likewise, of each round's rate beside that of the first row.\n"
        "lowest, highest: of the rounds. server µs, client µs: processor time a call, all threads and workers, user\n"
        "and system. The load generator is one thread that shares the cores with the server; it is\n"
        "the same for every row.\n"
        f"alone ms: the median of {SEQUENTIAL_CALLS} calls by one caller with grpcio's own client."
    )


def _empty(stage: Stage, kind: str) -> RunningServer:
    child = stage.start(*python("bench.empty_servers", kind))
    return RunningServer(child, int(child.wait_for(empty_servers.LISTENS)))


def _trained(stage: Stage, data: BookData) -> RecommendationsFolder:
    click.echo("importing and training …")
    folder = RecommendationsFolder(stage)
    import_and_train(folder, data.books, data.interactions)
    return folder


def _ready(folder: RecommendationsFolder, *, workers: int = 1) -> RunningServer:
    server = folder.serve(workers=workers)
    # Each look is a connection of its own, which any of the workers may get.
    for _ in range(LOOKS if workers > 1 else 1):
        wait_until_serving(server)
    return server


def _shuffled_readers(data: BookData) -> list[int]:
    readers: list[int] = np.unique(read_pairs(data).readers).tolist()
    random.Random(SEED).shuffle(readers)
    return readers


def _request(reader: int) -> pb.RecommendationRequest:
    return pb.RecommendationRequest(user_id=reader, any_category=True, max_results=RESULTS)


def _cells(row: Row, *, bare: Row) -> Sequence[str]:
    calls = sum(load.calls for load in row.loads)
    client = sum(load.client_cpu_seconds for load in row.loads)
    latencies = np.concatenate([load.latencies for load in row.loads])
    p50, p99 = np.percentile(latencies * 1000, [50, 99])
    rate = statistics.median(row.rates)
    of_bare = statistics.median(mine / its for mine, its in zip(row.rates, bare.rates, strict=True))
    alone_ms, answer_bytes = row.alone()
    return (
        *(row.name, f"{rate:,.0f}", f"{of_bare:.2f}"),
        *(f"{min(row.rates):,.0f}", f"{max(row.rates):,.0f}", f"{p50:.1f}", f"{p99:.1f}"),
        *(f"{row.server_cpu_seconds / calls * 1e6:.0f}", f"{client / calls * 1e6:.0f}", f"{alone_ms:.2f}"),
        *(str(sum(load.failed for load in row.loads)), str(answer_bytes)),
    )
