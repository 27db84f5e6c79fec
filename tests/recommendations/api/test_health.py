"""Health between those who set it and grpcio's serving thread."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Queue
from typing import Any, cast

import grpc
import pytest
from grpc_health.v1 import health_pb2

from recommendations.api.health import Health

DEADLINE = 5
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class ServingThread:
    """Does one thing after the other, as grpcio's does: it ends what is being sent, and runs what closing calls."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1)
        self.awaited: Queue[int] = Queue()
        """The statuses that somebody has begun to send."""

    def hold(self) -> threading.Event:
        """Keep it busy until the event is set."""
        go_on = threading.Event()
        self.pool.submit(go_on.wait, DEADLINE)
        return go_on


class Watch:
    """A stream of Watch, with what grpcio's has: to send is to wait for the serving thread, to end it is not."""

    def __init__(self, serving: ServingThread) -> None:
        self._serving = serving
        self._on_close: list[Callable[[], None]] = []
        self.received: Queue[int] = Queue()

    def add_callback(self, callback: Callable[[], None]) -> bool:
        """Have the serving thread call it when the stream closes."""
        self._on_close.append(callback)
        return True

    def send(self, response: Any) -> None:
        """Send a status, or end the stream with None."""
        if response is not None:
            self._serving.awaited.put(response.status)
            self._serving.pool.submit(lambda: None).result(DEADLINE)
            self.received.put(response.status)

    def close(self) -> Future[None]:
        """The client has left: have the serving thread see to it."""

        def call_all() -> None:
            for callback in self._on_close:
                callback()

        return self._serving.pool.submit(call_all)


@pytest.fixture
def serving() -> Iterator[ServingThread]:
    """The serving thread."""
    thread = ServingThread()
    with thread.pool:
        yield thread


@pytest.fixture
def lane() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_a_watch_that_closes_while_health_is_set(serving: ServingThread, lane: ThreadPoolExecutor) -> None:
    """Who sets it does not wait for the serving thread with a lock in hand that the closing of a stream needs."""
    health = Health(lane)
    health.servicer.set("", NOT_SERVING)
    staying, leaving = Watch(serving), Watch(serving)
    for watch in (staying, leaving):
        context = cast("grpc.ServicerContext", watch)
        lane.submit(health.Watch, health_pb2.HealthCheckRequest(), context, watch.send).result(DEADLINE)
        assert serving.awaited.get(timeout=DEADLINE) == watch.received.get(timeout=DEADLINE) == NOT_SERVING
    go_on = serving.hold()
    closed = leaving.close()
    with ThreadPoolExecutor(1) as operator:
        being_set = operator.submit(health.servicer.set, "", SERVING)
        # By now the lock is taken that it is set under, should there be sending with it in hand.
        assert serving.awaited.get(timeout=DEADLINE) == SERVING
        go_on.set()
        closed.result(DEADLINE)
        being_set.result(DEADLINE)
    assert staying.received.get(timeout=DEADLINE) == SERVING
