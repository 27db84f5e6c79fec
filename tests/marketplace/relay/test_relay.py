"""One delivery of a relay: order, refusals, failures and repetitions."""

from typing import Any

import pytest
import structlog
from sqlalchemy import event, insert
from sqlalchemy.exc import DataError

from marketplace.domain.errors import RecommenderBroken, RecommenderRefused, RecommenderUnavailable, StoreUnavailable
from marketplace.domain.events import BookChanged, ReaderForgotten, ReadersMerged
from marketplace.relay.lease import BackOff
from marketplace.relay.relay import MAX_ATTEMPTS, MAX_REASON_LENGTH
from marketplace.store import Store
from marketplace.store.schema import outbox
from marketplace.usecases.activity import forget_reader
from tests.marketplace.fakes import NOON, Clock, FakeRecorder
from tests.marketplace.relay.relaying import CLICK, add_clicks, add_events, failures, raising, relay, status, waiting
from tests.marketplace.stored import execute


def deliver_until_settled(store: Store, recorder: FakeRecorder, clock: Clock) -> None:
    """Deliver until nothing waits, advancing the clock by each backoff."""
    delivering = relay(store, recorder, clock=clock)
    delivered = 1
    while delivered:
        try:
            delivered = delivering.deliver()
        except BackOff as pause:
            clock.seconds += pause.seconds + 0.001


def test_events_are_delivered_in_order_and_leave_the_outbox(store: Store) -> None:
    """Oldest first, batch by batch."""
    add_clicks(store, "a", "b", "c")
    recorder = FakeRecorder()
    delivering = relay(store, recorder, batch=2)
    assert [delivering.deliver(), delivering.deliver(), delivering.deliver()] == [2, 1, 0]
    assert recorder.calls == [["a", "b"], ["c"]]
    assert waiting(store) == []


def test_repeated_events_leave_the_outbox_too(store: Store) -> None:
    """Recommendations answers that it knows the event, which is then not sent again."""
    add_clicks(store, "a", "a")
    relay(store, FakeRecorder()).deliver()
    assert waiting(store) == []


def test_a_refused_event_fails_without_blocking_others(store: Store) -> None:
    """The others are delivered; the log names the event but not the reader."""
    add_clicks(store, "a", "b", "c")
    recorder = FakeRecorder()
    recorder.refuses = {"b"}
    with structlog.testing.capture_logs() as logs:
        relay(store, recorder).deliver()
    assert set(recorder.stored) == {"a", "c"}
    assert waiting(store) == []
    assert failures(store) == ["book_id: must be positive"]
    assert [log["event_id"] for log in logs] == [2]
    assert str(CLICK.reader_id) not in str(logs)
    assert "book_id" not in str(logs)


def test_a_refused_batch_is_divided(store: Store) -> None:
    """Only the event that is refused alone fails."""
    add_clicks(store, "a", "b", "c")
    recorder = FakeRecorder()
    recorder.fails = {"b": RecommenderRefused("INVALID_ARGUMENT: no")}
    with structlog.testing.capture_logs():
        relay(store, recorder).deliver()
    assert recorder.calls == [["a", "b", "c"], ["a"], ["b", "c"], ["b"], ["c"]]
    assert list(recorder.stored) == ["a", "c"]
    assert waiting(store) == []
    assert failures(store) == ["INVALID_ARGUMENT: no"]


@pytest.mark.parametrize(
    ("error", "shown"),
    [(RecommenderBroken("INTERNAL"), "INTERNAL"), (ZeroDivisionError("x"), "ZeroDivisionError: x")],
)
def test_a_poison_event_fails_after_ten_attempts(store: Store, error: Exception, shown: str) -> None:
    """An event that makes its call fail is retried alone, with pauses; then the next ones are sent."""
    add_clicks(store, "a", "b", "c")
    recorder = FakeRecorder()
    recorder.fails = {"b": error}
    with structlog.testing.capture_logs() as logs:
        deliver_until_settled(store, recorder, Clock())
    assert recorder.calls == [["a", "b", "c"], ["a"], ["b", "c"], *[["b"]] * MAX_ATTEMPTS, ["c"]]
    assert failures(store) == [f"failed 10 times, most recently: {shown}"]
    assert status(store).failures == 0
    assert [log["event"] for log in logs].count("destination_backed_off") == 1


def test_a_fault_in_a_query_is_no_outage(store: Store) -> None:
    """An event that cannot be prepared for sending fails after ten attempts, and the next one is sent."""

    @event.listens_for(store.engine, "before_cursor_execute")
    def _fail(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "FROM books" in statement:
            raise DataError(statement, None, ValueError("too long"))

    add_events(store, BookChanged(7))
    add_clicks(store, "a")
    recorder = FakeRecorder()
    with structlog.testing.capture_logs():
        deliver_until_settled(store, recorder, Clock())
    event.remove(store.engine, "before_cursor_execute", _fail)
    assert list(recorder.stored) == ["a"]
    (reason,) = failures(store)
    assert reason.startswith("failed 10 times, most recently: DataError")


def test_a_temporary_failure_loses_no_event(store: Store) -> None:
    """It costs a pause, and the events keep their order."""
    add_clicks(store, "a", "b")
    recorder = FakeRecorder()
    recorder.before = raising(RecommenderBroken("INTERNAL"), RecommenderBroken("INTERNAL"))
    with structlog.testing.capture_logs():
        deliver_until_settled(store, recorder, Clock())
    assert recorder.calls == [["a", "b"], ["a"], ["a"], ["b"]]
    assert failures(store) == []


def test_an_outage_counts_as_no_attempt(store: Store) -> None:
    """Afterwards everything is delivered in one batch."""
    add_clicks(store, "a", "b")
    recorder = FakeRecorder()
    recorder.before = raising(*[RecommenderUnavailable("down")] * 3 * MAX_ATTEMPTS)
    with structlog.testing.capture_logs():
        deliver_until_settled(store, recorder, Clock())
    assert recorder.calls == [["a", "b"]] * (3 * MAX_ATTEMPTS + 1)
    assert failures(store) == []


def test_events_wait_while_the_destination_is_down(store: Store) -> None:
    """The stored error has the status but not the message, which may name a reader or an address."""
    add_clicks(store, "a", "b")
    recorder = FakeRecorder()
    away = RecommenderUnavailable("UNAVAILABLE: 10.1.2.3 said reader 7")
    away.code = "UNAVAILABLE"
    recorder.before = raising(away)
    with structlog.testing.capture_logs(), pytest.raises(BackOff):
        relay(store, recorder).deliver()
    assert waiting(store) == ["a", "b"]
    assert (status(store).failures, status(store).last_error) == (1, "RecommenderUnavailable UNAVAILABLE")


def test_a_failure_of_the_shops_database_is_not_counted(store: Store) -> None:
    """Neither for the event nor for the destination."""
    add_clicks(store, "a")
    recorder = FakeRecorder()
    recorder.before = raising(StoreUnavailable("disk"))
    with pytest.raises(StoreUnavailable):
        relay(store, recorder).deliver()
    with store.read() as work:
        assert [row.attempts for row in work.outbox.waiting(9)] == [0]
    assert status(store).failures == 0


def test_a_long_reason_is_truncated(store: Store) -> None:
    """The table of failed events stays readable."""
    add_clicks(store, "a")
    recorder = FakeRecorder()
    recorder.fails = {"a": RecommenderRefused("no " * 10_000)}
    with structlog.testing.capture_logs():
        relay(store, recorder).deliver()
    assert [len(reason) for reason in failures(store)] == [MAX_REASON_LENGTH]


def test_an_event_is_delivered_again_after_a_crash(store: Store) -> None:
    """Recommendations ignores the repetition."""
    add_clicks(store, "a")
    recorder = FakeRecorder()
    clock = Clock()

    class Crash(BaseException):
        """The process dies."""

    class Dying(FakeRecorder):
        def record(self, interactions: Any) -> Any:
            recorder.record(interactions)
            raise Crash

    with pytest.raises(Crash):
        relay(store, Dying(), clock=clock).deliver()
    assert waiting(store) == ["a"]
    clock.seconds += 15
    relay(store, recorder, clock=clock).deliver()
    assert recorder.calls == [["a"], ["a"]]
    assert len(recorder.stored) == 1
    assert waiting(store) == []


def test_a_malformed_payload_fails(store: Store) -> None:
    """A row that cannot be parsed does not block those behind it."""
    execute(store, insert(outbox).values(kind="interaction", payload=["?"], created_at=NOON))
    add_clicks(store, "a")
    recorder = FakeRecorder()
    with structlog.testing.capture_logs():
        relay(store, recorder).deliver()
    assert recorder.calls == [["a"]]
    assert failures(store) == ["malformed payload: TypeError"]


def test_merges_and_deletions_are_sent_in_order(store: Store) -> None:
    """Each alone, between the interactions before and after it."""
    add_clicks(store, "a", "b")
    add_events(store, ReadersMerged(1_000_000_007, 1_000_000_001), ReaderForgotten(1_000_000_002))
    add_clicks(store, "c")
    recorder = FakeRecorder()
    assert relay(store, recorder).deliver() == 5
    assert recorder.calls == [["a", "b"], ["merge 1000000007 1000000001"], ["forget 1000000002"], ["c"]]
    assert waiting(store) == []


def test_a_retry_starts_at_the_failed_event(store: Store) -> None:
    """Events after a failed merge wait, and those before it are not sent again."""
    add_clicks(store, "a")
    add_events(store, ReadersMerged(1_000_000_007, 1_000_000_001))
    add_clicks(store, "b")
    recorder = FakeRecorder()
    recorder.before = raising(None, RecommenderUnavailable("down"))
    with structlog.testing.capture_logs():
        deliver_until_settled(store, recorder, Clock())
    merge = ["merge 1000000007 1000000001"]
    assert recorder.calls == [["a"], merge, merge, ["b"]]


def test_a_reader_deleted_during_delivery_is_deleted_last(store: Store) -> None:
    """The events that are being sent are settled although their rows are gone, and the deletion is sent last."""
    with store.write() as work:
        reader_id = work.readers.add(NOON)
        work.commit()
    add_clicks(store, "a")
    add_events(store, ReadersMerged(CLICK.reader_id, reader_id))

    recorder = FakeRecorder()

    def forget_at_first_call() -> None:
        recorder.before = lambda: None
        with store.write() as work:
            forget_reader(work, CLICK.reader_id, NOON)
            work.commit()

    recorder.before = forget_at_first_call
    delivering = relay(store, recorder)
    while delivering.deliver():
        pass
    assert recorder.calls == [["a"], [f"merge {CLICK.reader_id} {reader_id}"], [f"forget {CLICK.reader_id}"]]
    assert failures(store) == []
