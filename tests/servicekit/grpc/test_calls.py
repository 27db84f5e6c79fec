"""Errors, logs and trace ids of calls, over a real port."""

import json
import re
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from structlog.testing import capture_logs

from protobufs import recommendations_pb2 as pb
from recommendations.domain.errors import (
    BookNotFound,
    CategoryNotFound,
    ForgettingUnfinished,
    ModelUnusable,
    NotReady,
    StoreUnavailable,
)
from tests.recommendations.api.conftest import Running, Start

DEADLINE = 20
READER = 424_242_424
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = (("traceparent", f"00-{TRACE_ID}-b7ad6b7169203331-01"),)
REQUEST = pb.RecommendationRequest(user_id=READER)


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def error_of(call: Callable[..., Any], request: Any) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call(request, timeout=DEADLINE, metadata=TRACEPARENT)
    return caught.value


def violations(error: grpc.RpcError) -> list[tuple[str, str]]:
    """The fields that the error's details name."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    assert status is not None
    (detail,) = status.details
    bad = BadRequest()
    assert detail.Unpack(bad)
    return [(violation.field, violation.description) for violation in bad.field_violations]


def test_a_malformed_field_is_named_to_the_client(running: Running) -> None:
    """INVALID_ARGUMENT names the field, in a batch with the position of the request."""
    error = error_of(running.stub.Recommend, pb.RecommendationRequest(max_results=-1))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error.details() == "max_results must not be negative"
    assert violations(error) == [("max_results", "must not be negative")]
    batch = pb.RecommendBatchRequest(requests=[pb.RecommendationRequest(), pb.RecommendationRequest(max_results=-1)])
    assert violations(error_of(running.stub.RecommendBatch, batch)) == [
        ("requests[1].max_results", "must not be negative")
    ]
    many = pb.RecordInteractionsRequest(interactions=[pb.Interaction()] * 1001)
    assert violations(error_of(running.stub.RecordInteractions, many)) == [
        ("interactions", "must not be more than 1,000")
    ]
    merge = pb.MergeReadersRequest(from_user_id=1, into_user_id=1)
    assert violations(error_of(running.stub.MergeReaders, merge)) == [
        ("into_user_id", "must be another reader than from_user_id")
    ]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CategoryNotFound(), grpc.StatusCode.NOT_FOUND),
        (BookNotFound(), grpc.StatusCode.NOT_FOUND),
        (NotReady(), grpc.StatusCode.UNAVAILABLE),
        (StoreUnavailable(), grpc.StatusCode.UNAVAILABLE),
        (ForgettingUnfinished(), grpc.StatusCode.UNAVAILABLE),
    ],
)
def test_errors_that_are_reported_to_the_caller(running: Running, error: Exception, code: grpc.StatusCode) -> None:
    """The client gets their code and message."""
    running.service.before_each = raising(error)
    error_ = error_of(running.stub.Recommend, REQUEST)
    assert error_.code() is code
    assert error_.details() == str(error)


@pytest.mark.parametrize("error", [ZeroDivisionError("reader's secret"), ModelUnusable("/secret/path")])
def test_an_unexpected_error_stays_inside(running: Running, error: Exception) -> None:
    """The client gets INTERNAL, a fixed text and an id; the log has the exception with that id."""
    running.service.before_each = raising(error)
    with capture_logs() as logs:
        error_ = error_of(running.stub.Recommend, REQUEST)
    assert error_.code() is grpc.StatusCode.INTERNAL
    match = re.fullmatch(r"Internal error; the log has it under ([0-9a-f]{12})", error_.details() or "")
    assert match
    assert "secret" not in str(error_)
    (line,) = logs
    assert line["event"] == "call_failed"
    assert line["error_id"] == match[1]
    assert line["exc_info"]
    assert line["trace_id"] == TRACE_ID
    again = error_of(running.stub.Recommend, REQUEST)
    assert again.details() != error_.details()


@pytest.mark.parametrize(
    "method", [method.name for method in pb.DESCRIPTOR.services_by_name["Recommendations"].methods]
)
def test_malformed_messages_are_refused(running: Running, method: str) -> None:
    """Every method answers INVALID_ARGUMENT."""
    error = error_of(running.channel.unary_unary(f"/Recommendations/{method}"), b"\xff")
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert violations(error) == [("request", "is not a message of this method")]


def test_successful_calls_are_not_logged(running: Running) -> None:
    """By default a quick call leaves no line."""
    with capture_logs() as logs:
        running.stub.Recommend(REQUEST, timeout=DEADLINE)
    assert logs == []


def logged(start: Start, call: Callable[[Running], Any], **options: Any) -> Sequence[MutableMapping[str, Any]]:
    """What a server logs while `call` uses it; it is stopped before the lines are read."""
    with capture_logs() as logs:
        running = start(**options)
        call(running)
        running.stop()
    return logs


@pytest.mark.parametrize("options", [{"slow_call_ms": 0.001}, {"log_requests": True}])
def test_slow_calls_are_logged_and_on_request_all(start: Start, options: dict[str, Any]) -> None:
    """The line has the method, the code, the milliseconds and the caller's trace id."""
    (line,) = logged(
        start,
        lambda running: running.stub.Recommend(REQUEST, timeout=DEADLINE, metadata=TRACEPARENT),
        **options,
    )
    assert (line["event"], line["method"], line["code"]) == ("call", "/Recommendations/Recommend", "OK")
    assert line["trace_id"] == TRACE_ID
    assert line["ms"] >= 0


def test_a_failed_call_is_logged_with_its_trace(start: Start) -> None:
    """An error reported to the caller is one line too."""
    (line,) = logged(
        start, lambda running: error_of(running.stub.Recommend, pb.RecommendationRequest(max_results=-1))
    )
    assert (line["event"], line["code"], line["trace_id"]) == ("call", "INVALID_ARGUMENT", TRACE_ID)


def test_logs_name_no_reader(start: Start) -> None:
    """No call, successful, refused or failed, logs the reader's id or text from the request."""

    def calls(running: Running) -> None:
        running.stub.Recommend(REQUEST, timeout=DEADLINE)
        error_of(running.stub.Recommend, pb.RecommendationRequest(user_id=-READER))
        running.stub.RecordInteractions(
            pb.RecordInteractionsRequest(interactions=[pb.Interaction(id="typed\0this", user_id=READER)]),
            timeout=DEADLINE,
        )
        running.stub.ListInteractions(pb.ListInteractionsRequest(user_id=READER), timeout=DEADLINE)
        error_of(running.stub.ListInteractions, pb.ListInteractionsRequest(user_id=READER, page_token="typed"))
        running.stub.MergeReaders(pb.MergeReadersRequest(from_user_id=READER, into_user_id=1), timeout=DEADLINE)
        running.stub.ForgetReader(pb.ForgetReaderRequest(user_id=READER), timeout=DEADLINE)
        running.service.before_each = raising(ForgettingUnfinished())
        error_of(running.stub.ForgetReader, pb.ForgetReaderRequest(user_id=READER))
        running.service.before_each = raising(ZeroDivisionError("oh"))
        error_of(running.stub.Recommend, REQUEST)

    logs = logged(start, calls, log_requests=True)
    assert len(logs) == 9
    text = json.dumps(logs, default=str)
    assert str(READER) not in text
    assert "typed" not in text


def test_health_checks_are_not_logged(start: Start) -> None:
    """gRPC's own services are not logged, even if every request is."""

    def check(running: Running) -> None:
        stub: Any = health_pb2_grpc.HealthStub(running.channel)
        stub.Check(health_pb2.HealthCheckRequest(), timeout=DEADLINE)

    assert list(logged(start, check, log_requests=True)) == []
