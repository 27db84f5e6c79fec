"""The server on a real port: health, limits and draining."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from protobufs import recommendations_pb2 as pb
from recommendations.api.health import SERVICE
from recommendations.api.server import create_server
from recommendations.domain.interactions import HistoryPage, Interaction, InteractionKind
from servicekit.clock import now
from servicekit.errors import AddressInUse
from servicekit.grpc.calls import MAX_REQUEST_BYTES
from tests.recommendations.api.conftest import Running, Start
from tests.servicekit.grpc.silent_client import SilentClient

DEADLINE = 20
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
REQUEST = pb.RecommendationRequest(user_id=1)
HISTORY = pb.ListInteractionsRequest(user_id=1)


def health_of(running: Running, name: str = "") -> Any:
    stub: Any = health_pb2_grpc.HealthStub(running.channel)
    return stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=DEADLINE).status


def watch(running: Running) -> Any:
    stub: Any = health_pb2_grpc.HealthStub(running.channel)
    return stub.Watch(health_pb2.HealthCheckRequest(service=SERVICE), timeout=DEADLINE)


class Gate:
    """Holds `calls` calls in the service until it is opened."""

    def __init__(self, running: Running, calls: int) -> None:
        self._open = threading.Event()
        self._come = threading.Semaphore(0)
        self._calls = calls
        running.service.before_each = self._hold

    def wait_until_full(self) -> None:
        for _ in range(self._calls):
            assert self._come.acquire(timeout=DEADLINE)

    def open(self) -> None:
        self._open.set()

    def _hold(self) -> None:
        self._come.release()
        assert self._open.wait(DEADLINE)


@pytest.mark.parametrize("name", ["", SERVICE])
def test_health_is_not_serving_until_it_is_set(running: Running, name: str) -> None:
    """It begins as NOT_SERVING, for the server and for the service."""
    assert health_of(running, name) == NOT_SERVING
    running.server.set_serving(serving=True)
    assert health_of(running, name) == SERVING
    running.server.set_serving(serving=False)
    assert health_of(running, name) == NOT_SERVING


def test_health_of_an_unknown_service(running: Running) -> None:
    """It is NOT_FOUND."""
    with pytest.raises(grpc.RpcError) as caught:
        health_of(running, "Nothing")
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_health_answers_while_every_thread_is_busy(start: Start) -> None:
    """Health has its own thread, so a saturated server is not taken for dead."""
    running = start(threads=2)
    running.server.set_serving(serving=True)
    gate = Gate(running, 2)
    calls = [running.stub.ListInteractions.future(HISTORY, timeout=DEADLINE) for _ in range(2)]
    gate.wait_until_full()
    assert health_of(running) == SERVING
    assert not any(call.done() for call in calls)
    gate.open()
    for call in calls:
        call.result(DEADLINE)


def test_watching_health_holds_no_thread(start: Start) -> None:
    """With more watchers than threads, calls are still answered and watchers get every change."""
    running = start(threads=2)
    watchers = [watch(running) for _ in range(3)]
    assert [next(watcher).status for watcher in watchers] == [NOT_SERVING] * 3
    for _ in range(3):
        running.stub.Recommend(REQUEST, timeout=DEADLINE)
    running.server.set_serving(serving=True)
    assert [next(watcher).status for watcher in watchers] == [SERVING] * 3


def test_a_second_server_on_the_same_port_is_refused(running: Running) -> None:
    """The error names the address; the second server does not silently get half of the calls."""
    with pytest.raises(AddressInUse, match=running.address):
        create_server(running.service, ["127.0.0.1"], running.server.port)  # type: ignore[arg-type]


def test_a_thousand_interactions_of_any_size_fit(running: Running) -> None:
    """The longest ids in the longest characters."""
    text = "\U0001f4da" * 100
    largest = pb.Interaction(
        id=text, user_id=2**31 - 1, book_id=2**31 - 1, kind=pb.Interaction.KIND_UNDO, undoes="\U0001f4d6" * 100
    )
    largest.occurred_at.FromDatetime(now())
    largest.occurred_at.nanos = 999_999_999
    largest.recommendation_id = text
    request = pb.RecordInteractionsRequest(interactions=[largest] * 1000)
    assert request.ByteSize() > 1_200_000
    running.stub.RecordInteractions(request, timeout=DEADLINE)
    assert len(running.service.recorded) == 1000
    assert all(isinstance(interaction, Interaction) for interaction in running.service.recorded)


def test_requests_of_more_than_four_mebibytes_are_refused(running: Running) -> None:
    """One of that size is accepted; one with a byte more is RESOURCE_EXHAUSTED and never reaches the service."""

    def code(size: int) -> grpc.StatusCode:
        request = pb.RecordInteractionsRequest(interactions=[pb.Interaction(id="x" * (size - 10))])
        assert request.ByteSize() == size
        try:
            running.stub.RecordInteractions(request, timeout=DEADLINE)
        except grpc.RpcError as error:
            status: grpc.StatusCode = error.code()
            return status
        return grpc.StatusCode.OK

    assert code(MAX_REQUEST_BYTES) is grpc.StatusCode.OK
    assert code(MAX_REQUEST_BYTES + 1) is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert len(running.service.recorded) == 1


def test_draining_finishes_calls_in_progress(running: Running) -> None:
    """Health is NOT_SERVING first while calls are still accepted; the call in progress succeeds; the port closes."""
    running.server.set_serving(serving=True)
    watcher = watch(running)
    assert next(watcher).status == SERVING
    gate = Gate(running, 1)
    call = running.stub.ListInteractions.future(HISTORY, timeout=DEADLINE)
    gate.wait_until_full()
    with ThreadPoolExecutor(1) as pool:
        draining = pool.submit(running.server.drain, notice=0.3, grace=DEADLINE)
        assert next(watcher).status == NOT_SERVING
        watcher.cancel()
        assert health_of(running) == NOT_SERVING
        running.server.set_serving(serving=True)
        assert health_of(running) == NOT_SERVING
        assert not draining.done()
        gate.open()
        call.result(DEADLINE)
        draining.result(DEADLINE)
    with pytest.raises(grpc.RpcError) as caught:
        running.stub.Recommend(REQUEST, timeout=DEADLINE)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_draining_waits_for_a_call_longer_than_the_notice(running: Running) -> None:
    """A call still running after the server stopped accepting new ones succeeds."""
    gate = Gate(running, 1)
    call = running.stub.ListInteractions.future(HISTORY, timeout=DEADLINE)
    gate.wait_until_full()
    with ThreadPoolExecutor(1) as pool, grpc.insecure_channel(running.address) as newcomer:
        draining = pool.submit(running.server.drain, notice=0.0, grace=DEADLINE)
        # Wait until the port is closed, while the call is held.
        stub: Any = health_pb2_grpc.HealthStub(newcomer)
        refused = False
        while not refused:
            try:
                stub.Check(health_pb2.HealthCheckRequest(), timeout=DEADLINE)
            except grpc.RpcError:
                refused = True
        assert not draining.done()
        assert not call.done()
        gate.open()
        call.result(DEADLINE)
        draining.result(DEADLINE)


def test_draining_sends_answers_to_their_end(running: Running) -> None:
    """Also one that is too large to be sent at once, although a client that sends no message is still there."""
    view = Interaction(id="x" * 60_000, reader_id=1, book_id=1, kind=InteractionKind.VIEW, occurred_at=now())
    running.service.page = HistoryPage((view,) * 50, None)
    gate = Gate(running, 1)
    call = running.stub.ListInteractions.future(HISTORY, timeout=DEADLINE)
    gate.wait_until_full()
    with ThreadPoolExecutor(1) as pool, SilentClient(running.address) as silent:
        silent.open("/Recommendations/Recommend")
        draining = pool.submit(running.server.drain, notice=0.0, grace=DEADLINE)
        gate.open()
        assert len(call.result(DEADLINE).interactions) == 50
        draining.result(DEADLINE)


def test_draining_ends_health_watches(running: Running) -> None:
    """Streams of Watch get NOT_SERVING and are ended long before the grace period is over."""
    running.server.set_serving(serving=True)
    watcher = watch(running)
    assert next(watcher).status == SERVING
    with ThreadPoolExecutor(1) as pool:
        draining = pool.submit(running.server.drain, notice=0.0, grace=10 * DEADLINE)
        assert next(watcher).status == NOT_SERVING
        with pytest.raises(grpc.RpcError) as caught:
            next(watcher)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        draining.result(DEADLINE)


def test_an_endless_call_is_cancelled(running: Running) -> None:
    """After the grace period the server stops, and the call fails."""
    gate = Gate(running, 1)
    call = running.stub.ListInteractions.future(HISTORY, timeout=DEADLINE)
    gate.wait_until_full()
    running.server.drain(notice=0.0, grace=0.05)
    assert isinstance(call.exception(DEADLINE), grpc.RpcError)
    gate.open()
