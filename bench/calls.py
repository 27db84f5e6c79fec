"""What a call costs: ours beside servers that do less, in one run, under one load generator."""

import itertools
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click
import grpc
import numpy as np

from bench import empty_servers
from bench.accuracy import read_pairs
from bench.book_data import BookData, amazon_book
from bench.load import Load, generate_load
from bench.processes import Stage, python
from bench.recommendations_process import RecommendationsFolder, RunningServer, import_and_train, wait_until_serving
from bench.table import print_table
from protobufs import recommendations_pb2 as pb
from protobufs.recommendations_pb2_grpc import RecommendationsStub

METHOD = "/Recommendations/Recommend"
CONNECTIONS = 32
WARM_UP_SECONDS = 2.0
SECONDS = 6.0
SEQUENTIAL_CALLS = 500
RESULTS = 10
SEED = 7

EMPTY = (
    ("empty handler, grpcio alone", "bare"),
    ("… behind our interceptor", "intercepted"),
    ("our server, a ready shelf", "ready"),
)
"""What is measured beside ours, the first of them the measure of all."""
COLUMNS = (
    "server",
    "calls/s",
    "of bare",
    "p50 ms",
    "p99 ms",
    "server µs",
    "client µs",
    "alone ms",
    "failed",
    "bytes",
)


@dataclass(frozen=True)
class Measured:
    """One server under load, and what one patient caller waits for it."""

    name: str
    load: Load
    server_cpu_seconds: float
    alone_ms: float
    answer_bytes: int

    @property
    def rate(self) -> float:
        """Answered calls a second."""
        return len(self.load.latencies) / self.load.seconds


def run() -> None:
    """Print calls a second, latencies and processor time a call."""
    with Stage() as stage:
        data = amazon_book("Recommend")
        # First, so that no server is measured on a machine that has just worked hard and another that has not.
        folder = _trained(stage, data) if data is not None else None
        measured = []
        for name, kind in EMPTY:
            child = stage.start(*python("bench.empty_servers", kind))
            server = RunningServer(child, int(child.wait_for(empty_servers.LISTENS)))
            measured.append(_measured(name, server, [1]))
            child.end()
        if data is not None and folder is not None:
            server = folder.serve()
            wait_until_serving(server)
            measured.append(_measured("Recommend, reader 1 each call", server, [1]))
            measured.append(_measured("Recommend, another reader each call", server, _shuffled_readers(data)))
    _print(measured)


def _trained(stage: Stage, data: BookData) -> RecommendationsFolder:
    click.echo("importing and training …")
    folder = RecommendationsFolder(stage)
    import_and_train(folder, data.books, data.interactions)
    return folder


def _shuffled_readers(data: BookData) -> list[int]:
    readers: list[int] = np.unique(read_pairs(data).readers).tolist()
    random.Random(SEED).shuffle(readers)
    return readers


def _measured(name: str, server: RunningServer, readers: Sequence[int]) -> Measured:
    click.echo(f"measuring: {name} …")
    messages = itertools.cycle([_request(reader).SerializeToString() for reader in readers])
    _load(server, messages, WARM_UP_SECONDS)
    before = server.child.cpu_seconds()
    load = _load(server, messages, SECONDS)
    cpu = server.child.cpu_seconds() - before
    alone_ms, answer_bytes = _alone(server, readers[0])
    return Measured(name, load, cpu, alone_ms, answer_bytes)


def _load(server: RunningServer, messages: Iterator[bytes], seconds: float) -> Load:
    return generate_load(server.port, METHOD, messages, connections=CONNECTIONS, seconds=seconds)


def _alone(server: RunningServer, reader: int) -> tuple[float, int]:
    """The median milliseconds of one caller with grpcio's own client, and the size of the answer."""
    seconds = []
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stub = RecommendationsStub(channel)
        for _ in range(SEQUENTIAL_CALLS):
            started = time.perf_counter()
            answer = stub.Recommend(_request(reader), timeout=5.0)
            seconds.append(time.perf_counter() - started)
    if len(answer.recommendations) != RESULTS:
        raise ValueError(f"{len(answer.recommendations)} books came instead of {RESULTS}")
    return statistics.median(seconds) * 1000, answer.ByteSize()


def _request(reader: int) -> pb.RecommendationRequest:
    return pb.RecommendationRequest(user_id=reader, any_category=True, max_results=RESULTS)


def _print(measured: Sequence[Measured]) -> None:
    rows = [_row(one, measured[0].rate) for one in measured]
    print_table(
        f"Calls over loopback: {CONNECTIONS} connections, {SECONDS:g} s a row, {RESULTS} books a call", COLUMNS, rows
    )
    click.echo(
        "server µs, client µs: processor time a call, all threads, user and system. The load generator\n"
        "(bench/load.py) is one thread that shares the cores with the server; it is the same for every row.\n"
        f"alone ms: the median of {SEQUENTIAL_CALLS} calls by one caller with grpcio's own client."
    )


def _row(one: Measured, bare_rate: float) -> Sequence[str]:
    p50, p99 = np.percentile(np.array(one.load.latencies) * 1000, [50, 99])
    return (
        one.name,
        f"{one.rate:,.0f}",
        f"{one.rate / bare_rate:.2f}",
        f"{p50:.1f}",
        f"{p99:.1f}",
        f"{one.server_cpu_seconds / one.load.calls * 1e6:.0f}",
        f"{one.load.client_cpu_seconds / one.load.calls * 1e6:.0f}",
        f"{one.alone_ms:.2f}",
        str(one.load.failed),
        str(one.answer_bytes),
    )
