"""The spans of answered calls."""

from typing import Any

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import StatusCode
from structlog.testing import capture_logs

from protobufs import recommendations_pb2 as pb
from recommendations.domain.errors import StoreUnavailable
from tests.recommendations.api.conftest import Start
from tests.traces import STRANGER, header_of, parent_of, recording

DEADLINE = 10.0
REQUEST = pb.RecommendationRequest()


def test_a_call_continues_its_callers_trace(start: Start) -> None:
    """Of methods on the event loop and in the pool."""
    with recording(ALWAYS_OFF) as trace:
        running = start()
        metadata = (("traceparent", STRANGER),)
        running.stub.Recommend(REQUEST, timeout=DEADLINE, metadata=metadata)
        running.stub.RecordInteractions(pb.RecordInteractionsRequest(), timeout=DEADLINE, metadata=metadata)
        running.stub.Recommend(REQUEST, timeout=DEADLINE)
        running.stop()
    assert trace.names == ["Recommendations/Recommend", "Recommendations/RecordInteractions"]
    for answered in trace.spans:
        assert answered.kind.name == "SERVER"
        assert parent_of(answered) == "b" * 16
        assert dict(answered.attributes or {}) == {
            "rpc.system.name": "grpc",
            "rpc.method": answered.name,
            "rpc.response.status_code": "OK",
        }


def test_a_call_of_anybody_begins_a_trace(start: Start) -> None:
    """The log line of the call has its id."""
    with recording() as trace, capture_logs() as logs:
        running = start(log_requests=True)
        running.stub.Recommend(REQUEST, timeout=DEADLINE)
        running.stop()
    (answered,) = trace.spans
    assert answered.parent is None
    assert [line["trace_id"] for line in logs] == [header_of(answered).split("-")[1]]


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (None, "INVALID_ARGUMENT", StatusCode.UNSET),
        (StoreUnavailable("a secret"), "UNAVAILABLE", StatusCode.ERROR),
        (ZeroDivisionError("a secret"), "INTERNAL", StatusCode.ERROR),
    ],
)
def test_a_failure_has_its_code(start: Start, error: Exception | None, code: str, status: StatusCode) -> None:
    """A caller's mistake is no failure of the server; the text is not recorded."""

    def fail() -> None:
        if error is not None:
            raise error

    with recording() as trace, capture_logs():
        running = start()
        running.service.before_each = fail
        with pytest.raises(grpc.RpcError):
            running.stub.Recommend(pb.RecommendationRequest(max_results=-1 if error is None else 1), timeout=DEADLINE)
        running.stop()
    (answered,) = trace.spans
    assert (answered.attributes or {})["rpc.response.status_code"] == code
    assert answered.status.status_code is status
    assert "secret" not in answered.to_json()


def test_health_has_no_spans(start: Start) -> None:
    """It is asked every few seconds."""
    with recording() as trace:
        running = start()
        stub: Any = HealthStub(running.channel)
        stub.Check(HealthCheckRequest(), timeout=DEADLINE)
        running.stop()
    assert trace.names == []
