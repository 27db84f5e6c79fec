"""Deliveries continue the traces in which their events were written."""

from threading import Event as Signal

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import StatusCode
from sqlalchemy import update

from marketplace.domain.errors import RecommenderUnavailable
from marketplace.domain.events import NOTICES, PaymentRequested, PreviewRequested
from marketplace.domain.money import Money
from marketplace.relay.lease import BackOff
from marketplace.relay.relay import Relay
from marketplace.relay.senders import EventsSender
from marketplace.store import Store
from marketplace.store.schema import outbox
from servicekit.tracing.spans import Kind, outgoing, recorded, span
from tests.events.samples import NOTICE
from tests.marketplace.fakes import NOON, Clock, FakeProvider, FakeRecorder
from tests.marketplace.relay.relaying import add_clicks, add_events, payments, previews, raising, relay
from tests.marketplace.relay.test_events import FakeReceiver
from tests.marketplace.stored import execute
from tests.traces import Recorded, header_of, parent_of, recording


def click_on_a_page(store: Store, *ids: str) -> None:
    """Write clicks as a page does."""
    with span(f"page {ids[0]}", Kind.SERVER, begins_trace=True):
        add_clicks(store, *ids)


def span_id(trace: Recorded, name: str) -> str:
    return header_of(trace.only(name)).split("-")[2]


def test_a_delivery_is_below_the_page(store: Store) -> None:
    """One span for what is sent together, with its number; the call goes on from there."""
    recorder, headers = FakeRecorder(), []
    recorder.before = lambda: headers.append(outgoing())
    with recording() as trace:
        click_on_a_page(store, "a", "b")
        relay(store, recorder).deliver()
    sent = trace.only("send recommendations")
    assert parent_of(sent) == span_id(trace, "page a")
    assert sent.kind.name == "PRODUCER"
    assert dict(sent.attributes or {}) == {
        "messaging.system": "outbox",
        "messaging.operation.type": "send",
        "messaging.operation.name": "send",
        "messaging.destination.name": "recommendations",
        "messaging.batch.message_count": 2,
    }
    assert headers == [header_of(sent)]


def test_events_of_several_pages_are_sent_together(store: Store) -> None:
    """In the trace of the first, with links to the others; one that is not recorded changes nothing."""
    with recording() as trace:
        click_on_a_page(store, "a")
        click_on_a_page(store, "b")
        with recording(ALWAYS_OFF):
            click_on_a_page(store, "c")
        add_clicks(store, "d")
        recorder = FakeRecorder()
        relay(store, recorder).deliver()
    sent = trace.only("send recommendations")
    assert parent_of(sent) == span_id(trace, "page a")
    assert [f"{link.context.span_id:016x}" for link in sent.links] == [span_id(trace, "page b")]
    assert recorder.calls == [["a", "b", "c", "d"]]


def test_what_is_not_recorded_has_no_delivery_span(store: Store) -> None:
    """And its row keeps no trace: tracing by a hundredth costs the rest nothing."""
    with recording(ALWAYS_OFF) as trace:
        click_on_a_page(store, "a")
        with store.read() as work:
            (row,) = work.outbox.waiting(10)
        assert row.traceparent is None
        assert "traceparent" not in row.payload
        relay(store, FakeRecorder()).deliver()
    assert trace.names == []


@pytest.mark.parametrize("kept", [7, ["00"], {}, "junk"])
def test_a_damaged_trace_in_a_row_is_ignored(store: Store, kept: object) -> None:
    """The event is delivered."""
    recorder = FakeRecorder()
    with recording() as trace:
        add_clicks(store, "a")
        with store.read() as work:
            (row,) = work.outbox.waiting(10)
        execute(store, update(outbox).values(payload=row.payload | {"traceparent": kept}))
        relay(store, recorder).deliver()
    assert recorder.calls == [["a"]]
    assert trace.names == []


def test_a_failed_delivery_is_a_failed_span(store: Store) -> None:
    """Each attempt has one of its own, in the same trace."""
    recorder, clock = FakeRecorder(), Clock()
    recorder.before = raising(RecommenderUnavailable("reader 7"))
    with recording() as trace:
        click_on_a_page(store, "a")
        with pytest.raises(BackOff):
            relay(store, recorder, clock=clock).deliver()
        clock.seconds += 10
        relay(store, recorder, clock=clock).deliver()
    _, failed, sent = trace.spans
    assert (failed.status.status_code, sent.status.status_code) == (StatusCode.ERROR, StatusCode.UNSET)
    assert dict(failed.attributes or {})["error.type"] == "RecommenderUnavailable"
    assert parent_of(failed) == parent_of(sent) == span_id(trace, "page a")
    assert "reader 7" not in failed.to_json()


def test_an_event_has_the_trace_of_its_delivery(store: Store) -> None:
    """As CloudEvents' extension says, it is that of this hop; without a recorded trace it has none."""
    receiver = FakeReceiver()
    sender = EventsSender(NOTICES, receiver, source="https://shop.example")
    with recording() as trace:
        with span("page", Kind.SERVER, begins_trace=True), store.write() as work:
            work.outbox.publish(NOTICE, at=NOON)
            work.commit()
        with store.write() as work:
            work.outbox.publish(NOTICE, at=NOON)
            work.commit()
        Relay(store, sender, wake=Signal(), stop=Signal(), clock=Clock().now).deliver()
    first, second = receiver.events
    assert first.traceparent == header_of(trace.only("send notices"))
    assert second.traceparent is None


def test_a_payment_is_requested_within_the_trace(store: Store) -> None:
    """The token of its callback can name it."""
    provider, seen = FakeProvider(), []
    provider.before = lambda: seen.append(recorded())
    with recording() as trace:
        with span("page", Kind.SERVER, begins_trace=True):
            add_events(store, PaymentRequested("7K3M-9QXD-2TB4", Money(999, "EUR")))
        payments(store, provider).deliver()
    assert seen == [header_of(trace.only("send payments"))]


def test_links_are_fetched_within_the_trace(store: Store) -> None:
    """Though each in a thread of its own."""
    seen: list[str | None] = []

    class Fetcher:
        def fetch(self, link_id: str) -> None:
            seen.append(recorded())

    with recording() as trace:
        with span("page", Kind.SERVER, begins_trace=True):
            add_events(store, PreviewRequested("a"), PreviewRequested("b"))
        previews(store, Fetcher()).deliver()
    assert seen == [header_of(trace.only("send previews"))] * 2
