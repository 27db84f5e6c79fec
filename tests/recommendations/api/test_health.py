"""Setting health does not deadlock with grpcio's serving thread."""

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
    """Does one task after the other, like grpcio's: it completes sends and runs the callbacks of closed streams."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1)
        self.sending: Queue[int] = Queue()
        """The statuses whose sending has begun."""

    def hold(self) -> threading.Event:
        """Keep the thread busy until the event is set."""
        released = threading.Event()
        self.pool.submit(released.wait, DEADLINE)
        return released


class Watch:
    """A stream of Watch, like grpcio's: sending waits for the serving thread, ending does not."""

    def __init__(self, serving: ServingThread) -> None:
        self._serving = serving
        self._on_close: list[Callable[[], None]] = []
        self.received: Queue[int] = Queue()

    def add_callback(self, callback: Callable[[], None]) -> bool:
        self._on_close.append(callback)
        return True

    def send(self, response: Any) -> None:
        """Send a status, or end the stream with None."""
        if response is not None:
            self._serving.sending.put(response.status)
            self._serving.pool.submit(lambda: None).result(DEADLINE)
            self.received.put(response.status)

    def close(self) -> Future[None]:
        """The client leaves: the serving thread runs the callbacks."""

        def call_all() -> None:
            for callback in self._on_close:
                callback()

        return self._serving.pool.submit(call_all)


@pytest.fixture
def serving() -> Iterator[ServingThread]:
    thread = ServingThread()
    with thread.pool:
        yield thread


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


def test_a_watch_that_closes_while_health_is_set(serving: ServingThread, executor: ThreadPoolExecutor) -> None:
    """Setting health does not wait for the serving thread while holding a lock that closing a stream needs."""
    health = Health(executor)
    health.servicer.set("", NOT_SERVING)
    staying, leaving = Watch(serving), Watch(serving)
    for watch in (staying, leaving):
        context = cast("grpc.ServicerContext", watch)
        executor.submit(health.Watch, health_pb2.HealthCheckRequest(), context, watch.send).result(DEADLINE)
        assert serving.sending.get(timeout=DEADLINE) == watch.received.get(timeout=DEADLINE) == NOT_SERVING
    released = serving.hold()
    closing = leaving.close()
    with ThreadPoolExecutor(1) as operator:
        setting = operator.submit(health.servicer.set, "", SERVING)
        # If a status were sent under the lock, the lock would be held by now.
        assert serving.sending.get(timeout=DEADLINE) == SERVING
        released.set()
        closing.result(DEADLINE)
        setting.result(DEADLINE)
    assert staying.received.get(timeout=DEADLINE) == SERVING
