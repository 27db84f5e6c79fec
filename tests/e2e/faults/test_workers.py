"""Recommendations with two workers on one port: what one stores, the other has too."""

import itertools
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import grpc
import psutil
import pytest

from protobufs import recommendations_pb2 as pb
from protobufs.recommendations_pb2_grpc import RecommendationsStub
from tests.e2e.processes import ROOT, Process, await_serving, running_children

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
]

DEADLINE = 60.0
WORKERS = 2
KNOWN_BOOK = 6
"""A book of the starter from which others are recommended."""
CLICKS = 30
FRESH_SECONDS = 0.25
PAUSE_SECONDS = 0.05
"""Between the batches of a writer, so that the machine is not overloaded."""
MANY_CONNECTIONS = 200
"""With so many, both workers get some."""

RETRIES = {
    "methodConfig": [
        {
            "name": [{"service": "Recommendations"}],
            "retryPolicy": {
                "maxAttempts": 2,
                "initialBackoff": "0.05s",
                "maxBackoff": "0.5s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}


@dataclass(frozen=True)
class Workers:
    """A server with several workers, and connections to it."""

    server: Process
    settings: dict[str, str]
    channels: ExitStack

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    def running(self) -> list[psutil.Process]:
        return running_children(self.server.pid)

    def connect(self) -> RecommendationsStub:
        """A client with its own connection to one of the workers, which retries as the shop does."""
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.service_config", json.dumps(RETRIES))]
        channel = self.channels.enter_context(grpc.insecure_channel(self.address, options=options))
        grpc.channel_ready_future(channel).result(DEADLINE)
        return RecommendationsStub(channel)

    def client_of_each(self) -> list[RecommendationsStub]:
        """A client of each worker, which is identified by its new connection."""
        clients: dict[int, RecommendationsStub] = {}
        for _ in range(MANY_CONNECTIONS):
            before = self._connections()
            client = self.connect()
            ((pid, _),) = self._connections() - before
            clients.setdefault(pid, client)
            if len(clients) == WORKERS:
                return list(clients.values())
        raise AssertionError(f"{MANY_CONNECTIONS} connections led to {len(clients)} of {WORKERS} workers")

    def _connections(self) -> set[tuple[int, int]]:
        """The workers' connections: pid and the client's port."""
        return {
            (worker.pid, connection.raddr.port)
            for worker in self.running()
            for connection in worker.net_connections("tcp")
            if connection.status == psutil.CONN_ESTABLISHED and connection.laddr.port == self.server.port
        }


def start(folder: Path, stack: ExitStack, **environment: str) -> Workers:
    """Two workers with the starter."""
    settings = {
        "RECOMMENDATIONS_DATA_DIR": str(folder),
        "RECOMMENDATIONS_PORT": "0",
        "RECOMMENDATIONS_WORKERS": str(WORKERS),
        **environment,
    }
    server = Process("recommendations", settings)
    stack.callback(server.stop)
    running = Workers(server, settings, stack.enter_context(ExitStack()))
    await_serving(running.address)
    return running


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory, shared_database_url: str) -> Iterator[Workers]:
    """Two workers on either database, for all tests after which there are two workers."""
    with ExitStack() as stack:
        yield start(tmp_path_factory.mktemp("data"), stack, RECOMMENDATIONS_DATABASE_URL=shared_database_url)


@pytest.fixture
def workers_on_sqlite(tmp_path: Path) -> Iterator[Workers]:
    """Two workers on SQLite."""
    with ExitStack() as stack:
        yield start(tmp_path / "data", stack)


def click(client: RecommendationsStub, reader: int, book: int = KNOWN_BOOK) -> None:
    record(client, [(f"click-{reader}-{book}", reader, book)])


def record(client: RecommendationsStub, clicks: Sequence[tuple[str, int, int]]) -> None:
    """Record clicks in one batch; none may be refused."""
    batch = [
        pb.Interaction(id=id_, user_id=reader, book_id=book, kind=pb.Interaction.KIND_CLICK)
        for id_, reader, book in clicks
    ]
    answer = client.RecordInteractions(pb.RecordInteractionsRequest(interactions=batch), timeout=DEADLINE)
    assert all(result.outcome != pb.InteractionResult.OUTCOME_REFUSED for result in answer.results)


def recommend(client: RecommendationsStub, reader: int) -> pb.RecommendationResponse:
    request = pb.RecommendationRequest(user_id=reader, any_category=True, max_results=10)
    return client.Recommend(request, timeout=DEADLINE)


def is_personal(client: RecommendationsStub, reader: int) -> bool:
    """Whether the reader's list is based on their history."""
    books = recommend(client, reader).recommendations
    return any(book.reason.kind == pb.Reason.KIND_BECAUSE_OF_BOOKS for book in books)


def has_book(client: RecommendationsStub, book_id: int) -> bool:
    """Whether the list for reader 0 has this book."""
    return book_id in [book.id for book in recommend(client, 0).recommendations]


def seconds_until(happens: Callable[[], bool]) -> float:
    """How long it takes until something happens, checked without pause."""
    started = time.monotonic()
    while not happens():
        assert time.monotonic() - started < DEADLINE
    return time.monotonic() - started


def writing(stack: ExitStack, clients: Sequence[RecommendationsStub]) -> None:
    """Start writers with transactions of different lengths, which would commit in another order than they begin."""
    stop = threading.Event()
    numbers = itertools.count(1)

    def write(client: RecommendationsStub, size: int) -> None:
        while not stop.wait(PAUSE_SECONDS):
            record(
                client, [(f"other-{number}", 10_000 + number % 500, 7) for number in itertools.islice(numbers, size)]
            )

    pool = stack.enter_context(ThreadPoolExecutor(4))
    running = [pool.submit(write, client, size) for client in clients for size in (1, 200)]
    stack.callback(lambda: [future.result(DEADLINE) for future in running])
    stack.callback(stop.set)


def test_a_click_changes_the_list_on_every_worker(workers: Workers) -> None:
    """Within 250 ms in the median, while others write."""
    clients = workers.client_of_each()
    seconds = []
    with ExitStack() as stack:
        writing(stack, clients)
        for number in range(CLICKS):
            reader = 5_000 + number  # not in the starter
            assert not any(is_personal(client, reader) for client in clients)
            recorder, other = clients[:: 1 if number % 2 else -1]
            click(recorder, reader)
            assert is_personal(recorder, reader)
            seconds.append(seconds_until(lambda: is_personal(other, reader)))  # noqa: B023  (called at once)
    assert statistics.median(seconds) < FRESH_SECONDS


def test_a_removed_book_is_gone_at_once_where_it_was_removed(workers: Workers) -> None:
    """The other worker stops recommending it within 250 ms."""
    clients = workers.client_of_each()
    seconds = []
    for remover, other in (clients, clients[::-1]) * 5:
        book = recommend(remover, 0).recommendations[0]
        remover.RemoveBooks(pb.RemoveBooksRequest(book_ids=[book.id]), timeout=DEADLINE)
        assert not has_book(remover, book.id)
        seconds.append(seconds_until(lambda: not has_book(other, book.id)))  # noqa: B023  (called at once)
    assert statistics.median(seconds) < FRESH_SECONDS


def test_a_reader_who_is_merged_or_forgotten_is_known_everywhere(workers: Workers) -> None:
    """At once in the worker that is called, and within 250 ms in the other one."""
    clients = workers.client_of_each()
    seconds = []
    for number, (writer, other) in enumerate((clients, clients[::-1]) * 5):
        guest, reader = 2_000 + number, 3_000 + number
        click(writer, guest)
        writer.MergeReaders(pb.MergeReadersRequest(from_user_id=guest, into_user_id=reader), timeout=DEADLINE)
        assert all(is_personal(writer, id_) for id_ in (guest, reader))
        seconds.append(seconds_until(lambda: is_personal(other, reader)))  # noqa: B023  (called at once)
        writer.ForgetReader(pb.ForgetReaderRequest(user_id=reader), timeout=DEADLINE)
        assert not any(is_personal(writer, id_) for id_ in (guest, reader))
        seconds.append(seconds_until(lambda: not is_personal(other, reader)))  # noqa: B023  (called at once)
    assert statistics.median(seconds) < FRESH_SECONDS


def test_a_killed_worker_is_replaced(workers: Workers) -> None:
    """Callers that retry, as the shop does, see no failure, and there are two workers again."""
    callers = [workers.connect() for _ in range(8)]
    killed = threading.Event()

    def call(client: RecommendationsStub) -> list[str]:
        """Call repeatedly, at least 50 times after the kill; returns the failures."""
        failures = []
        calls_after_kill = itertools.count()
        while not killed.is_set() or next(calls_after_kill) < 50:
            try:
                request = pb.RecommendationRequest(user_id=1, any_category=True)
                client.Recommend(request, timeout=DEADLINE, wait_for_ready=True)
            except grpc.RpcError as error:
                failures.append(f"{error.code()} {error.details()}")
        return failures

    victim, survivor = workers.running()
    with ThreadPoolExecutor(len(callers)) as pool:
        calling = [pool.submit(call, client) for client in callers]
        try:
            victim.kill()
            seconds_until(lambda: len(workers.running()) == WORKERS and victim not in workers.running())
        finally:
            killed.set()
        failures = [future.result(DEADLINE) for future in calling]
    assert failures == [[]] * len(callers)
    assert survivor in workers.running()
    seconds_until(lambda: all(recommend(client, 1).recommendations for client in workers.client_of_each()))


def test_a_stopped_server_stops_its_workers(workers_on_sqlite: Workers) -> None:
    """SIGTERM to the parent ends it with code 0, and all workers."""
    processes = workers_on_sqlite.running()
    assert len(processes) == WORKERS
    assert workers_on_sqlite.server.stop() == 0
    assert not any(worker.is_running() for worker in processes)
    log = "".join(workers_on_sqlite.server.log)
    assert log.count("event=stopped") == WORKERS
    assert "level=error" not in log


def test_workers_do_not_outlive_their_parent(workers_on_sqlite: Workers) -> None:
    """If the parent is killed, they end by themselves."""
    processes = workers_on_sqlite.running()
    workers_on_sqlite.server.kill()
    _, alive = psutil.wait_procs(processes, timeout=DEADLINE)
    assert alive == []


@pytest.mark.parametrize("count", [1, 2])
def test_a_second_server_on_the_port_is_refused(workers: Workers, count: int) -> None:
    """With one worker and with several, in one line."""
    environment = {
        **workers.settings,
        "RECOMMENDATIONS_PORT": str(workers.server.port),
        "RECOMMENDATIONS_WORKERS": str(count),
    }
    done = subprocess.run(
        [sys.executable, "-m", "recommendations", "serve"],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 1
    assert f"Error: cannot listen on {workers.address}: the address is in use" in done.stderr
    assert "Traceback" not in done.stderr
