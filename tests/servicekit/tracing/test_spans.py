"""Spans in one process, by the SDK with an exporter in memory."""

import pytest
import structlog
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import StatusCode

from servicekit.tracing.context import parse
from servicekit.tracing.spans import Kind, is_tracing, outgoing, recorded, span
from tests.traces import STRANGER, header_of, parent_of, recording


def logged_trace() -> object:
    return structlog.contextvars.get_contextvars().get("trace_id")


def test_without_a_tracer_nothing_is_made() -> None:
    """A span does nothing, and calls have a header that records nothing."""
    assert not is_tracing()
    with span("a", Kind.SERVER, parent=STRANGER, begins_trace=True) as nothing:
        nothing.set("b", 1)
        nothing.fail("c")
        nothing.end()
        assert nothing.traceparent == ""
        assert recorded() is None
        assert logged_trace() is None
    context = parse(outgoing())
    assert context is not None
    assert not context.is_sampled


def test_a_span_is_below_the_current_one() -> None:
    """With its kind and attributes; the log has the trace's id while it lasts."""
    with recording() as trace:
        with span("page", Kind.SERVER, begins_trace=True) as page:
            with span("call", Kind.CLIENT, attributes={"rpc.system.name": "grpc"}) as call:
                assert outgoing() == call.traceparent == recorded()
                call.set("rpc.response.status_code", "OK")
            assert outgoing() == page.traceparent
            assert logged_trace() == parse(page.traceparent).trace_id  # type: ignore[union-attr]
        assert logged_trace() is None
    inner, outer = trace.spans
    assert (inner.name, inner.kind.name, outer.name, outer.kind.name) == ("call", "CLIENT", "page", "SERVER")
    assert dict(inner.attributes or {}) == {"rpc.system.name": "grpc", "rpc.response.status_code": "OK"}
    assert parent_of(inner) == header_of(outer).split("-")[2]
    assert parent_of(outer) is None


def test_a_header_is_continued() -> None:
    """Across processes; further ones are links, but for malformed ones."""
    other = f"00-{'c' * 32}-{'d' * 16}-01"
    with recording() as trace, span("send", Kind.PRODUCER, parent=STRANGER, links=[other, "junk"]):
        pass
    (sent,) = trace.spans
    assert header_of(sent).split("-")[1] == "a" * 32
    assert parent_of(sent) == "b" * 16
    assert [f"{link.context.trace_id:032x}" for link in sent.links] == ["c" * 32]


@pytest.mark.parametrize("parent", [None, "", "junk"])
def test_what_happens_outside_of_traces_has_no_span(parent: str | None) -> None:
    """Unless it begins one: a relay that runs by itself does not."""
    with recording() as trace:
        with span("send", Kind.PRODUCER, parent=parent) as nothing:
            assert nothing.traceparent == ""
        assert trace.names == []
        with span("page", Kind.SERVER, parent=parent, begins_trace=True):
            pass
    assert trace.names == ["page"]


def test_an_exception_fails_the_span_by_its_kind_alone() -> None:
    """Its text, which may name a reader, is not recorded; the first failure stays."""
    with recording() as trace:
        with pytest.raises(ValueError, match="ada"), span("page", Kind.SERVER, begins_trace=True):
            raise ValueError("ada@example.com")
        with span("page", Kind.SERVER, begins_trace=True) as page:
            page.fail("503")
            page.fail("ValueError")
    assert [dict(failed.attributes or {}) for failed in trace.spans] == [
        {"error.type": "ValueError"},
        {"error.type": "503"},
    ]
    assert {failed.status.status_code for failed in trace.spans} == {StatusCode.ERROR}
    assert "ada" not in str([failed.to_json() for failed in trace.spans])


def test_an_unsampled_trace_goes_on_unsampled() -> None:
    """Its calls say so, events keep nothing, and the log has its id all the same."""
    with recording(ALWAYS_OFF) as trace, span("page", Kind.SERVER, begins_trace=True) as page:
        with span("call", Kind.CLIENT) as call:
            assert call.traceparent == ""
            context = parse(outgoing())
            assert context is not None
            assert not context.is_sampled
            assert context.trace_id == page.traceparent.split("-")[1] == logged_trace()
        assert recorded() is None
    assert trace.names == []


def test_the_callers_decision_is_kept() -> None:
    """A recorded trace stays recorded, whatever this service samples."""
    with recording(ALWAYS_OFF) as trace, span("process", Kind.CONSUMER, parent=STRANGER):
        pass
    assert trace.names == ["process"]
