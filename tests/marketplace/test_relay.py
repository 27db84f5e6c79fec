"""Tests of marketplace.relay."""

from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest
import structlog
from sqlalchemy import insert

from marketplace.domain import (
    Interaction,
    InteractionKind,
    ReaderForgotten,
    ReadersMerged,
    RecommenderRefused,
    RecommenderUnavailable,
    ShopEvent,
    StoreUnavailable,
)
from marketplace.relay import LONGEST_WAIT, Relay
from marketplace.store import Store, open_store
from marketplace.store.schema import outbox
from tests.marketplace.fakes import NOON, FakeRecorder

CLICK = Interaction(id="", reader_id=1_000_000_007, book_id=7, kind=InteractionKind.CLICK, occurred_at=NOON)


class Stop(Event):
    """A stop event that notes how long it was waited for, and does not wait; set after `after` waits."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._after = after

    def wait(self, timeout: float | None = None) -> bool:
        """Note it, and return at once."""
        self.waits.append(timeout or 0.0)
        if len(self.waits) == self._after:
            self.set()
        return self.is_set()


def fill(store: Store, *ids: str) -> None:
    """Put interactions of these ids into the outbox."""
    with store.write() as work:
        for each in ids:
            work.outbox.add(replace(CLICK, id=each), created_at=NOON)
        work.commit()


def tell(store: Store, *events: ShopEvent) -> None:
    """Put events into the outbox."""
    with store.write() as work:
        for event in events:
            work.outbox.add(event, created_at=NOON)
        work.commit()


def waiting(store: Store) -> list[str]:
    """The ids of the interactions that wait."""
    with store.read() as work:
        return [row.payload["id"] for row in work.outbox.waiting(100)]


def run_once(store: Store, recorder: FakeRecorder, stop: Event) -> None:
    """Run a relay's loop in this thread until `stop` is set."""
    wake = Event()
    wake.set()
    Relay(store, recorder, wake=wake).run(stop)


def raising(*errors: Exception | None, then: Callable[[], None] = lambda: None) -> Callable[[], None]:
    """A script that raises these in turn, None for a call that goes well, and then does as `then` does."""
    left = list(errors)

    def script() -> None:
        error = left.pop(0) if left else None
        if error is not None:
            raise error
        then()

    return script


def test_events_are_delivered_in_order_and_leave_the_outbox(store: Store) -> None:
    """Oldest first, batch by batch."""
    fill(store, "a", "b", "c")
    recorder = FakeRecorder()
    relay = Relay(store, recorder, wake=Event(), batch=2)
    assert [relay.deliver(), relay.deliver(), relay.deliver()] == [2, 1, 0]
    assert recorder.calls == [["a", "b"], ["c"]]
    assert waiting(store) == []


def test_repeated_events_leave_the_outbox_too(store: Store) -> None:
    """What Recommendations knew already needs no third delivery."""
    fill(store, "a", "a")
    Relay(store, FakeRecorder(), wake=Event()).deliver()
    assert waiting(store) == []


def test_a_refused_event_stays_with_its_reason_and_holds_up_nobody(store: Store) -> None:
    """The others are delivered; the log names the row and never the reader."""
    fill(store, "a", "b", "c")
    recorder = FakeRecorder()
    recorder.refuses = {"b"}
    with structlog.testing.capture_logs() as logs:
        Relay(store, recorder, wake=Event()).deliver()
    assert set(recorder.stored) == {"a", "c"}
    assert waiting(store) == []
    with store.read() as work:
        assert work.outbox.length().refused == 1
    assert [log["event_id"] for log in logs] == [2]
    assert str(CLICK.reader_id) not in str(logs)


def test_nothing_is_marked_when_the_call_fails(store: Store) -> None:
    """Without an answer every event of the batch waits on."""
    fill(store, "a", "b")
    recorder = FakeRecorder()
    recorder.before = raising(RecommenderUnavailable("down"))
    with pytest.raises(RecommenderUnavailable):
        Relay(store, recorder, wake=Event()).deliver()
    assert waiting(store) == ["a", "b"]


def test_a_crash_between_the_call_and_the_mark_delivers_again(store: Store) -> None:
    """At least once: the second delivery is counted once over there."""
    fill(store, "a")
    recorder = FakeRecorder()
    relay = Relay(store, recorder, wake=Event())

    class Crash(BaseException):
        """The process dies."""

    class Dying(FakeRecorder):
        def record(self, interactions: Any) -> Any:
            recorder.record(interactions)
            raise Crash

    with pytest.raises(Crash):
        Relay(store, Dying(), wake=Event()).deliver()
    assert waiting(store) == ["a"]
    relay.deliver()
    assert recorder.calls == [["a"], ["a"]]
    assert len(recorder.stored) == 1
    assert waiting(store) == []


def test_a_malformed_payload_is_set_aside(store: Store) -> None:
    """A row that cannot be read does not block those behind it."""
    with store.engine.connect() as connection:
        connection.execute(insert(outbox).values(kind="interaction", payload=["?"], created_at=NOON))
        connection.commit()
    fill(store, "a")
    recorder = FakeRecorder()
    with structlog.testing.capture_logs():
        Relay(store, recorder, wake=Event()).deliver()
    assert recorder.calls == [["a"]]
    with store.read() as work:
        assert work.outbox.length().refused == 1


def test_what_was_done_is_told_before_and_after_who_it_was(store: Store) -> None:
    """Merges and forgets are told one by one, in one order with the interactions around them."""
    fill(store, "a", "b")
    tell(store, ReadersMerged(1_000_000_007, 1_000_000_001), ReaderForgotten(1_000_000_002))
    fill(store, "c")
    recorder = FakeRecorder()
    assert Relay(store, recorder, wake=Event()).deliver() == 5
    assert recorder.calls == [["a", "b"], ["merge 1000000007 1000000001"], ["forget 1000000002"], ["c"]]
    assert waiting(store) == []


def test_what_was_told_before_a_failure_is_not_told_again(store: Store) -> None:
    """A merge that fails keeps what comes after it waiting, not what came before."""
    fill(store, "a")
    tell(store, ReadersMerged(1_000_000_007, 1_000_000_001))
    fill(store, "b")
    recorder = FakeRecorder()
    recorder.before = raising(None, RecommenderUnavailable("down"))
    relay = Relay(store, recorder, wake=Event())
    with pytest.raises(RecommenderUnavailable):
        relay.deliver()
    relay.deliver()
    merge = ["merge 1000000007 1000000001"]
    assert recorder.calls == [["a"], merge, merge, ["b"]]


def test_an_outage_is_waited_out_with_growing_pauses(store: Store) -> None:
    """Each pause is longer up to two seconds, one line is logged for the outage, and then all is delivered."""
    fill(store, "a")
    stop = Stop(after=100)
    recorder = FakeRecorder()
    recorder.before = raising(*[RecommenderUnavailable("down")] * 7, then=stop.set)
    with structlog.testing.capture_logs() as logs:
        run_once(store, recorder, stop)
    assert len(stop.waits) == 7
    assert stop.waits == sorted(stop.waits)
    assert 0.1 <= stop.waits[0] <= 0.2
    assert stop.waits[-1] == LONGEST_WAIT
    assert [log["event"] for log in logs] == ["events wait for Recommendations"]
    assert waiting(store) == []


def test_stopping_interrupts_an_outage(store: Store) -> None:
    """A relay that is told to stop while it waits stops, and its events stay."""
    fill(store, "a")
    recorder = FakeRecorder()
    recorder.before = raising(*[RecommenderUnavailable("down")] * 50)
    with structlog.testing.capture_logs():
        run_once(store, recorder, Stop(after=3))
    assert len(recorder.calls) == 3
    assert waiting(store) == ["a"]


@pytest.mark.parametrize(
    "error", [StoreUnavailable("disk"), RecommenderRefused("UNIMPLEMENTED"), ZeroDivisionError()]
)
def test_no_failure_ends_the_loop(store: Store, error: Exception) -> None:
    """The database's, a refusal of the whole call and a bug alike are logged and tried again."""
    fill(store, "a")
    stop = Stop(after=100)
    recorder = FakeRecorder()
    recorder.before = raising(error, then=stop.set)
    with structlog.testing.capture_logs() as logs:
        run_once(store, recorder, stop)
    assert len(logs) == 1
    assert waiting(store) == []


def test_a_database_without_tables_does_not_end_the_loop(database_url: str) -> None:
    """On either database the relay tries again until the tables are there."""
    unmigrated = open_store(database_url)

    class MigratingStop(Stop):
        def wait(self, timeout: float | None = None) -> bool:
            if len(self.waits) == 1:
                unmigrated.migrate()
                fill(unmigrated, "a")
            return super().wait(timeout)

    stop = MigratingStop(after=100)
    recorder = FakeRecorder()
    recorder.before = stop.set
    with structlog.testing.capture_logs():
        run_once(unmigrated, recorder, stop)
    assert list(recorder.stored) == ["a"]
    unmigrated.close()


def test_a_commit_wakes_the_relay(store: Store) -> None:
    """An event written while the relay pauses is delivered without waiting for the next poll."""
    delivered = Event()
    recorder = FakeRecorder()
    recorder.before = delivered.set
    stop, wake = Event(), Event()
    thread = Thread(target=Relay(store, recorder, wake=wake).run, args=(stop,))
    thread.start()
    fill(store, "a")
    wake.set()
    assert delivered.wait(10)
    stop.set()
    wake.set()
    thread.join(10)
    assert not thread.is_alive()
    assert waiting(store) == []


def test_between_events_the_relay_pauses(store: Store) -> None:
    """One waking is used up by one look: it does not keep the loop spinning."""
    stop = Event()
    set_before: list[bool] = []

    class Wake(Event):
        def wait(self, timeout: float | None = None) -> bool:
            set_before.append(self.is_set())
            if len(set_before) == 2:
                stop.set()
            return self.is_set()

    wake = Wake()
    wake.set()
    Relay(store, FakeRecorder(), wake=wake).run(stop)
    assert set_before == [True, False]
