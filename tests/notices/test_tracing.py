"""From an event to its mail in one trace, on both databases."""

from dataclasses import replace

import pytest
import structlog
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import StatusCode

from notices.channels.folder import Folder
from notices.domain import Channel, TemporaryFailure
from notices.sender import Sender
from notices.service import Notices
from notices.store import Store
from tests.notices.fakes import FakeTransport, failing
from tests.notices.samples import ADDRESS, READER, Clock, event, notice
from tests.traces import STRANGER, header_of, parent_of, recording


@pytest.fixture
def transport() -> FakeTransport:
    """Records what is sent."""
    return FakeTransport()


@pytest.fixture
def sender(store: Store, transport: FakeTransport, folder: Folder, clock: Clock) -> Sender:
    """Sends mails."""
    return Sender(store, Channel.EMAIL, transport, folder, clock=clock)


def test_a_mail_is_below_its_event(notices: Notices, sender: Sender) -> None:
    """Both lines of the log have the trace's id; spans name neither reader nor address."""
    with (
        recording(ALWAYS_OFF) as trace,
        structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs,
    ):
        notices.accept(replace(event(notice()), traceparent=STRANGER))
        assert sender.step()
    processed, sent = trace.spans
    assert (processed.name, processed.kind.name, parent_of(processed)) == (
        "process marketplace.notice.requested",
        "CONSUMER",
        "b" * 16,
    )
    assert (sent.name, sent.kind.name, parent_of(sent)) == (
        "send email",
        "CLIENT",
        header_of(processed).split("-")[2],
    )
    assert [(line["event"], line["trace_id"]) for line in logs] == [
        ("event_accepted", "a" * 32),
        ("message_sent", "a" * 32),
    ]
    shown = processed.to_json() + sent.to_json()
    assert ADDRESS not in shown
    assert str(READER) not in shown


def test_an_event_without_a_trace_has_no_spans(notices: Notices, sender: Sender) -> None:
    """Nor has its mail."""
    with recording() as trace, structlog.testing.capture_logs() as logs:
        notices.accept(event(notice()))
        notices.accept(replace(event(notice(), "event-2"), traceparent="junk"))
        assert sender.step()
        assert sender.step()
    assert trace.names == []
    assert [line.get("trace_id") for line in logs] == [None] * 4


def test_a_failed_attempt_is_a_failed_span(
    notices: Notices, sender: Sender, transport: FakeTransport, clock: Clock
) -> None:
    """Each attempt has one, without the server's words, which repeat the address."""
    transport.before = failing(TemporaryFailure("SMTP 451", f"later, {ADDRESS}"))
    with recording() as trace:
        notices.accept(replace(event(notice()), traceparent=STRANGER))
        sender.step()
        transport.before = lambda _message: None
        clock.forward(seconds=10)
        sender.step()
    _, failed, sent = trace.spans
    assert (failed.status.status_code, sent.status.status_code) == (StatusCode.ERROR, StatusCode.UNSET)
    assert dict(failed.attributes or {})["error.type"] == "TemporaryFailure"
    assert ADDRESS not in failed.to_json()
