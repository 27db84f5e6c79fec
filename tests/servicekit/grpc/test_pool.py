"""Calls that use the database: few wait, none is done in vain, and each ends before its caller gives up."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from protobufs import recommendations_pb2 as pb
from protobufs.recommendations_pb2_grpc import RecommendationsStub
from recommendations.domain.interactions import HistoryRequest
from servicekit.deadline import remaining
from servicekit.grpc.statuses import RETRY_SECONDS
from tests.recommendations.api.conftest import Running, Start

DEADLINE = 20.0

HISTORY = pb.ListInteractionsRequest(user_id=1)
VIEW = pb.Interaction(id="a", user_id=1, book_id=1, kind=pb.Interaction.KIND_VIEW)
RECORD = pb.RecordInteractionsRequest(interactions=[VIEW])
CALLS: dict[str, Callable[[RecommendationsStub], object]] = {
    "RecordInteractions": lambda stub: stub.RecordInteractions(RECORD, timeout=DEADLINE),
    "ListInteractions": lambda stub: stub.ListInteractions(HISTORY, timeout=DEADLINE),
    "UpsertBooks": lambda stub: stub.UpsertBooks(pb.UpsertBooksRequest(), timeout=DEADLINE),
    "RemoveBooks": lambda stub: stub.RemoveBooks(pb.RemoveBooksRequest(book_ids=[1]), timeout=DEADLINE),
    "MergeReaders": lambda stub: stub.MergeReaders(
        pb.MergeReadersRequest(from_user_id=1, into_user_id=2), timeout=DEADLINE
    ),
    "ForgetReader": lambda stub: stub.ForgetReader(pb.ForgetReaderRequest(user_id=1), timeout=DEADLINE),
}


@contextmanager
def hanging(running: Running, calls: int) -> Iterator[None]:
    """Let `calls` calls of RecordInteractions hang in the database."""
    arrived, released = threading.Semaphore(0), threading.Event()

    def hang() -> None:
        arrived.release()
        assert released.wait(DEADLINE)

    running.service.before_record = hang
    recording = [running.stub.RecordInteractions.future(RECORD, timeout=DEADLINE) for _ in range(calls)]
    try:
        assert all(arrived.acquire(timeout=DEADLINE) for _ in recording)
        yield
    finally:
        running.service.before_record = lambda: None
        released.set()
    for call in recording:
        call.result()


def waiting(running: Running, calls: int) -> Sequence[Any]:
    """Calls that wait for a thread of the pool, all of which are in use."""
    futures = [running.stub.ListInteractions.future(HISTORY, timeout=DEADLINE) for _ in range(calls)]
    # The event loop has put them in line when it answers a later call of the same connection.
    running.stub.Recommend(pb.RecommendationRequest(), timeout=DEADLINE)
    return futures


@pytest.mark.parametrize("method", CALLS)
def test_calls_beyond_those_that_may_wait_are_refused(start: Start, method: str) -> None:
    """At once, with the time to wait, while lists are answered; afterwards the same call succeeds."""
    running = start(threads=2, waiting=4)
    with hanging(running, 2):
        line = waiting(running, 4)
        with pytest.raises(grpc.RpcError) as caught:
            CALLS[method](running.stub)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        (detail,) = rpc_status.from_call(caught.value).details  # type: ignore[arg-type]
        retry = RetryInfo()
        assert detail.Unpack(retry)
        assert retry.retry_delay.seconds == RETRY_SECONDS
        for _ in range(3):
            running.stub.Recommend(pb.RecommendationRequest(), timeout=DEADLINE)
    for call in line:
        call.result(DEADLINE)
    CALLS[method](running.stub)


def test_a_call_whose_caller_left_is_not_worked_on(start: Start) -> None:
    """Neither one that was cancelled nor one whose deadline passed while it waited; their places are free again."""
    running = start(threads=1, waiting=2)
    with hanging(running, 1):
        (cancelled,) = waiting(running, 1)
        cancelled.cancel()
        with pytest.raises(grpc.RpcError) as caught:
            running.stub.ListInteractions(HISTORY, timeout=0.05)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        # An answer on the same connection comes after the server has heard of both.
        running.stub.Recommend(pb.RecommendationRequest(), timeout=DEADLINE)
    # The only thread has taken all calls in line before this one.
    running.stub.ListInteractions(pb.ListInteractionsRequest(user_id=2), timeout=DEADLINE)
    histories = [asked for asked in running.service.asked if isinstance(asked, HistoryRequest)]
    assert [asked.reader_id for asked in histories] == [2]
    with hanging(running, 1):
        for call in waiting(running, 2):
            assert not call.done()


def test_a_hanging_database_does_not_block_lists(start: Start) -> None:
    """The only thread for other calls may use the database, and lists are answered while it hangs."""
    running = start(threads=1)
    with hanging(running, 1):
        running.stub.Recommend(pb.RecommendationRequest(), timeout=DEADLINE)


@pytest.mark.parametrize(("timeout", "least", "most"), [(10.0, 2.0, 3.0), (2.0, 1.0, 1.6), (None, 2.0, 3.0)])
def test_the_database_gets_part_of_the_callers_deadline(
    start: Start, timeout: float | None, least: float, most: float
) -> None:
    """It never gets more than the setting, even if the caller has no deadline."""
    running = start(call_seconds=3.0)
    left: list[float | None] = []
    running.service.before_record = lambda: left.append(remaining())
    running.stub.RecordInteractions(RECORD, timeout=timeout)
    assert left[0] is not None
    assert least < left[0] <= most


def test_the_database_has_its_own_health(running: Running) -> None:
    """The service can be SERVING while the database is not, since lists come from memory."""
    stub: Any = health_pb2_grpc.HealthStub(running.channel)
    running.server.set_serving(serving=True)

    def serving(name: str) -> bool:
        status: int = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=DEADLINE).status
        return status == health_pb2.HealthCheckResponse.SERVING

    names = ("", "Recommendations", "Recommendations.Database")
    assert [serving(name) for name in names] == [True, True, False]
    running.server.set_database_serving(serving=True)
    assert [serving(name) for name in names] == [True, True, True]
