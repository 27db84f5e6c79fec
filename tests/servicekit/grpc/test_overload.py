"""Calls beyond those that can be answered in time, on raw HTTP/2 connections."""

import contextlib
import selectors
import threading
from collections.abc import Iterator, Sequence

import h2.events
import pytest
from grpc_health.v1 import health_pb2

from protobufs import recommendations_pb2 as pb
from servicekit.grpc.server import MAX_PENDING, MAX_STREAMS
from tests.recommendations.api.conftest import Running
from tests.servicekit.grpc.silent_client import SilentClient

DEADLINE = 20.0
RECOMMEND = "/Recommendations/Recommend"
CHECK = "/grpc.health.v1.Health/Check"
REQUEST = pb.RecommendationRequest(user_id=1).SerializeToString()
ACCEPTED = 2
"""How many calls the event loop may have accepted before it was busy."""

REFUSED = "1"
"""grpcio's own code, CANCELLED."""


@contextlib.contextmanager
def busy(running: Running) -> Iterator[None]:
    """Keep the event loop busy with one list."""
    begun, end = threading.Event(), threading.Event()

    def compute() -> None:
        begun.set()
        assert end.wait(DEADLINE)

    running.service.before_each = compute
    with SilentClient(running.address) as client:
        client.open(RECOMMEND, REQUEST)
        assert begun.wait(DEADLINE)
        running.service.before_each = lambda: None
        try:
            yield
        finally:
            end.set()


def statuses(clients: Sequence[SilentClient], calls: int) -> list[str]:
    """The grpc-status of the calls that end, until there are at least `calls`."""
    ended: list[str] = []
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client, selectors.EVENT_READ)
        while len(ended) < calls:
            ready = selector.select(DEADLINE)
            assert ready, f"only {len(ended)} calls ended"
            for key, _ in ready:
                assert isinstance(key.fileobj, SilentClient)
                for event in key.fileobj.receive():
                    if isinstance(event, h2.events.TrailersReceived | h2.events.ResponseReceived):
                        ended += [str(value) for name, value in event.headers if str(name) == "grpc-status"]
    return ended


def fill(clients: Sequence[SilentClient]) -> list[str]:
    """Open more calls than may wait; returns the status of those that were refused meanwhile."""
    for client in clients:
        for _ in range(MAX_STREAMS):
            client.open(RECOMMEND, REQUEST)
    # As connections are served by several threads, each may get one more call accepted.
    return statuses(clients, len(clients) * (MAX_STREAMS - 1) - MAX_PENDING - ACCEPTED)


@pytest.fixture
def clients(running: Running) -> Iterator[list[SilentClient]]:
    """Twice as many clients as are needed to fill the line."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(SilentClient(running.address)) for _ in range(2 * MAX_PENDING // MAX_STREAMS)]


def test_calls_beyond_the_line_are_refused_at_once(running: Running, clients: list[SilentClient]) -> None:
    """While the server computes; those in line are answered afterwards."""
    with busy(running):
        ended = fill(clients)
        assert set(ended) == {REFUSED}
    ended += statuses(clients, len(clients) * MAX_STREAMS - len(ended))
    assert set(ended) == {"0", REFUSED}
    assert ended.count("0") >= MAX_PENDING


def test_one_connection_does_not_fill_the_line(running: Running, clients: list[SilentClient]) -> None:
    """Calls on other connections are accepted while it has as many open as it may."""
    with busy(running):
        for _ in range(MAX_STREAMS):
            clients[0].open(RECOMMEND, REQUEST)
        clients[1].open(RECOMMEND, REQUEST)
    assert statuses(clients[:1], MAX_STREAMS) == ["0"] * MAX_STREAMS
    assert statuses(clients[1:2], 1) == ["0"]


def test_health_is_never_refused(running: Running, clients: list[SilentClient]) -> None:
    """It has a line of its own."""
    with SilentClient(running.address) as prober:
        with busy(running):
            assert set(fill(clients)) == {REFUSED}
            prober.open(CHECK, health_pb2.HealthCheckRequest().SerializeToString())
        assert statuses([prober], 1) == ["0"]
