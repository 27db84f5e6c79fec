"""What a call costs, compared with servers that do less and with another checkout, in one run under the same load."""

import itertools
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import grpc
import numpy as np

from bench.accuracy import read_pairs
from bench.data.book_data import BookData, amazon_book
from bench.empty import servers as empty_servers
from bench.load.generator import Load, generate_load
from bench.load.processes import PROJECT, Sandbox, python
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
"""Of each row in each round. The rows alternate, so that other load on the machine affects all of them."""
WORKERS = 2
HEALTH_CHECKS = 30
"""The number of successful health checks after which all workers of a server count as ready."""
SEQUENTIAL_CALLS = 500
RESULTS = 10
SEED = 7

EMPTY = (
    ("empty handler, grpcio alone, 10 threads", "bare", 10),
    ("empty handler, grpcio alone, {0} threads", "bare", empty_servers.OUR_THREADS),
    ("ten of a hundred at random, grpcio alone, 10 threads", "sampler", 10),
    ("one list again and again, our server", "ours", empty_servers.OUR_THREADS),
)
"""The servers to compare with: name, kind and threads. All rows are compared with the first."""
COLUMNS = (
    *("server", "calls/s", "of the first", "lowest", "highest", "p50 ms", "p99 ms"),
    *("server µs", "client µs", "alone ms", "threads", "failed", "bytes"),
)


class Row:
    """One server, the messages sent to it, and its measurements."""

    def __init__(self, name: str, server: RunningServer, readers: Sequence[int], token: str = "") -> None:
        self.name = name
        self.loads: list[Load] = []
        self.server_us: list[float] = []
        self.threads = 0
        self._server = server
        self._reader = readers[0]
        self._token = token
        self._messages = cycled_requests(readers)

    def warm_up(self) -> None:
        """Send requests without measuring."""
        self._load(WARM_UP_SECONDS)
        self.threads = self._server.child.threads()

    def measure(self) -> None:
        """Measure one round."""
        before = self._server.child.cpu_seconds()
        load = self._load(SECONDS)
        self.loads.append(load)
        self.server_us.append((self._server.child.cpu_seconds() - before) / load.calls * 1e6)

    def measure_single_caller(self) -> tuple[float, int]:
        """The median milliseconds of a single caller with grpcio's client, and the size of the response."""
        seconds = []
        metadata = (("authorization", f"Bearer {self._token}"),) if self._token else ()
        with grpc.insecure_channel(f"127.0.0.1:{self._server.port}") as channel:
            stub = RecommendationsStub(channel)
            for _ in range(SEQUENTIAL_CALLS):
                started = time.perf_counter()
                response = stub.Recommend(_request(self._reader), timeout=5.0, metadata=metadata)
                seconds.append(time.perf_counter() - started)
        if len(response.recommendations) != RESULTS:
            raise ValueError(f"the response has {len(response.recommendations)} books instead of {RESULTS}")
        return statistics.median(seconds) * 1000, response.ByteSize()

    @property
    def rates(self) -> list[float]:
        """Answered calls a second in each round."""
        return [len(load.latencies) / load.seconds for load in self.loads]

    def _load(self, seconds: float) -> Load:
        return generate_load(
            self._server.port,
            METHOD,
            self._messages,
            connections=CONNECTIONS,
            seconds=seconds,
            token=self._token,
        )


def run(beside: Path | None = None, rounds: int = ROUNDS) -> None:
    """Print calls a second, latencies and processor time per call; `beside` is the folder of another checkout."""
    with Sandbox() as sandbox:
        data = amazon_book("Recommend")
        rows = [Row(name.format(threads), _empty(sandbox, kind, threads), [1]) for name, kind, threads in EMPTY]
        if data is not None:
            readers = shuffled_readers(data)
            folder = _trained(sandbox, data, PROJECT)
            rows.append(Row("Recommend, another reader each call", _ready(folder), readers))
            token = folder.run("token", "add", "bench", "--scope", "recommend").output.strip()
            rows.append(Row("the same, with a token", _ready(folder, require_tokens=True), readers, token))
            if beside is not None:
                other = _ready(_trained(sandbox, data, beside.resolve()))
                rows.append(Row(f"the same, {beside}", other, readers))
            rows.append(Row(f"the same, {WORKERS} workers", _ready(folder, workers=WORKERS), readers))
        click.echo("measuring …")
        for row in rows:
            row.warm_up()
        for _ in range(rounds):
            for row in rows:
                row.measure()
        cells = [_cells(row, first=rows[0]) for row in rows]
    title = f"Calls over loopback: {CONNECTIONS} connections, {rounds} rounds of {SECONDS:g} s a row, {RESULTS} books"
    print_table(title, COLUMNS, cells)
    click.echo(
        "calls/s, p50, p99, server µs: the medians of the rounds. lowest, highest: calls/s of the rounds. of the\n"
        "first: the median, over the rounds, of the rate divided by that of the first row. server µs, client µs:\n"
        "processor time a call, all threads and workers, user and system. The load generator is\n"
        "one thread that shares the cores with the server; it is the same for every row. threads: of the whole\n"
        f"process, grpcio's own included. alone ms: the median of {SEQUENTIAL_CALLS} calls by one caller with\n"
        "grpcio's own client."
    )


def _empty(sandbox: Sandbox, kind: str, threads: int) -> RunningServer:
    child = sandbox.start(*python("bench.empty.servers", kind, str(threads)))
    return RunningServer(child, int(child.wait_for(empty_servers.LISTENS)))


def _trained(sandbox: Sandbox, data: BookData, checkout: Path) -> RecommendationsFolder:
    click.echo(f"importing and training by {checkout} …")
    folder = RecommendationsFolder(sandbox, "ours" if checkout == PROJECT else "beside", checkout=checkout)
    import_and_train(folder, data.books, data.interactions)
    return folder


def _ready(folder: RecommendationsFolder, *, workers: int = 1, require_tokens: bool = False) -> RunningServer:
    server = folder.serve(workers=workers, require_tokens=require_tokens)
    # Each check is a new connection, which any of the workers may accept.
    for _ in range(HEALTH_CHECKS if workers > 1 else 1):
        wait_until_serving(server)
    return server


def shuffled_readers(data: BookData) -> list[int]:
    """The readers of a history, in a fixed random order."""
    readers: list[int] = np.unique(read_pairs(data).readers).tolist()
    random.Random(SEED).shuffle(readers)
    return readers


def cycled_requests(readers: Sequence[int]) -> Iterator[bytes]:
    """An endless cycle of a serialized request for each reader."""
    return itertools.cycle([_request(reader).SerializeToString() for reader in readers])


def _request(reader: int) -> pb.RecommendationRequest:
    return pb.RecommendationRequest(user_id=reader, any_category=True, max_results=RESULTS)


def _cells(row: Row, *, first: Row) -> Sequence[str]:
    calls = sum(load.calls for load in row.loads)
    client = sum(load.client_cpu_seconds for load in row.loads)
    percentiles = [np.percentile(np.multiply(load.latencies, 1000), [50, 99]) for load in row.loads]
    p50, p99 = np.median(percentiles, axis=0)
    of_first = statistics.median(rate / base for rate, base in zip(row.rates, first.rates, strict=True))
    alone_ms, response_bytes = row.measure_single_caller()
    return (
        *(row.name, f"{statistics.median(row.rates):,.0f}", f"{of_first:.2f}"),
        *(f"{min(row.rates):,.0f}", f"{max(row.rates):,.0f}", f"{p50:.1f}", f"{p99:.1f}"),
        *(f"{statistics.median(row.server_us):.0f}", f"{client / calls * 1e6:.0f}", f"{alone_ms:.2f}"),
        *(str(row.threads), str(sum(load.failed for load in row.loads)), str(response_bytes)),
    )
