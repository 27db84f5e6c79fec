"""Tests of marketplace.relay.relay and marketplace.relay.relays."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
import structlog
from sqlalchemy import insert

from marketplace.domain.errors import (
    MarketplaceError,
    RecommenderBroken,
    RecommenderRefused,
    RecommenderUnavailable,
    StoreUnavailable,
)
from marketplace.domain.events import PaymentRequested, ReaderForgotten, ReadersMerged
from marketplace.domain.money import Money
from marketplace.relay import Relays
from marketplace.relay.lease import MAX_WAIT, BackOff
from marketplace.relay.receivers import Recommendations
from marketplace.relay.relay import MAX_ATTEMPTS, MAX_REASON_LENGTH, Relay
from marketplace.store import Store, open_store
from marketplace.store.schema import outbox
from marketplace.usecases.activity import forget_reader
from tests.marketplace.fakes import NOON, Clock, FakeProvider, FakeRecorder
from tests.marketplace.relay.relaying import CLICK, Stop, fill, raising, refused, relay, run, tell, trouble, waiting


def deliver_until_settled(store: Store, recorder: FakeRecorder, clock: Clock) -> None:
    """Deliver again and again, each time when the destination may be asked again."""
    delivering = relay(store, recorder, clock=clock)
    delivered = 1
    while delivered:
        try:
            delivered = delivering.deliver()
        except BackOff as pause:
            clock.seconds += pause.seconds + 0.001


def test_events_are_delivered_in_order_and_leave_the_outbox(store: Store) -> None:
    """Oldest first, batch by batch."""
    fill(store, "a", "b", "c")
    recorder = FakeRecorder()
    delivering = relay(store, recorder, batch=2)
    assert [delivering.deliver(), delivering.deliver(), delivering.deliver()] == [2, 1, 0]
    assert recorder.calls == [["a", "b"], ["c"]]
    assert waiting(store) == []


def test_repeated_events_leave_the_outbox_too(store: Store) -> None:
    """What Recommendations knew already needs no third delivery."""
    fill(store, "a", "a")
    relay(store, FakeRecorder()).deliver()
    assert waiting(store) == []


def test_a_refused_event_stays_with_its_reason_and_holds_up_nobody(store: Store) -> None:
    """The others are delivered; the log names the row and never the reader."""
    fill(store, "a", "b", "c")
    recorder = FakeRecorder()
    recorder.refuses = {"b"}
    with structlog.testing.capture_logs() as logs:
        relay(store, recorder).deliver()
    assert set(recorder.stored) == {"a", "c"}
    assert waiting(store) == []
    assert refused(store) == ["book_id: must be positive"]
    assert [log["event_id"] for log in logs] == [2]
    assert str(CLICK.reader_id) not in str(logs)
    assert "book_id" not in str(logs)


def test_of_a_refused_batch_only_those_that_are_refused_alone_are_set_aside(store: Store) -> None:
    """A refusal that names no message is asked about each, in order; none is repeated for ever."""
    fill(store, "a", "b", "c")
    recorder = FakeRecorder()
    recorder.fails = {"b": RecommenderRefused("INVALID_ARGUMENT: no")}
    with structlog.testing.capture_logs():
        relay(store, recorder).deliver()
    assert recorder.calls == [["a", "b", "c"], ["a"], ["b"], ["c"]]
    assert list(recorder.stored) == ["a", "c"]
    assert waiting(store) == []
    assert refused(store) == ["INVALID_ARGUMENT: no"]


@pytest.mark.parametrize(
    ("error", "shown"),
    [(RecommenderBroken("INTERNAL"), "INTERNAL"), (ZeroDivisionError("x"), "ZeroDivisionError: x")],
)
def test_a_poisonous_event_is_set_aside_at_last(store: Store, error: Exception, shown: str) -> None:
    """What breaks a call by itself is tried alone and in its place ten times, with pauses; then the others go on."""
    fill(store, "a", "b", "c")
    recorder = FakeRecorder()
    recorder.fails = {"b": error}
    with structlog.testing.capture_logs() as logs:
        deliver_until_settled(store, recorder, Clock())
    assert recorder.calls == [["a", "b", "c"], ["a"], *[["b"]] * MAX_ATTEMPTS, ["c"]]
    assert refused(store) == [f"failed 10 times, the last time so: {shown}"]
    assert trouble(store).failures == 0
    assert [log["event"] for log in logs].count("events wait") == 1


def test_an_event_that_broke_a_call_once_is_delivered_once_it_can_be(store: Store) -> None:
    """A trouble that passes costs a pause and no message, and the events stay in their order."""
    fill(store, "a", "b")
    recorder = FakeRecorder()
    recorder.before = raising(RecommenderBroken("INTERNAL"), RecommenderBroken("INTERNAL"))
    with structlog.testing.capture_logs():
        deliver_until_settled(store, recorder, Clock())
    assert recorder.calls == [["a", "b"], ["a"], ["a"], ["b"]]
    assert refused(store) == []


def test_an_outage_counts_against_no_message(store: Store) -> None:
    """However long the destination is away, what waited is delivered when it is back, in one batch."""
    fill(store, "a", "b")
    recorder = FakeRecorder()
    recorder.before = raising(*[RecommenderUnavailable("down")] * 3 * MAX_ATTEMPTS)
    with structlog.testing.capture_logs():
        deliver_until_settled(store, recorder, Clock())
    assert recorder.calls == [["a", "b"]] * (3 * MAX_ATTEMPTS + 1)
    assert refused(store) == []


def test_nothing_is_marked_when_the_call_fails(store: Store) -> None:
    """Without an answer every event of the batch waits on, and the row says why without a word that may tell more."""
    fill(store, "a", "b")
    recorder = FakeRecorder()
    away = RecommenderUnavailable("UNAVAILABLE: 10.1.2.3 said reader 7")
    away.code = "UNAVAILABLE"
    recorder.before = raising(away)
    with structlog.testing.capture_logs(), pytest.raises(BackOff):
        relay(store, recorder).deliver()
    assert waiting(store) == ["a", "b"]
    assert (trouble(store).failures, trouble(store).last_error) == (1, "RecommenderUnavailable UNAVAILABLE")


def test_a_trouble_of_the_shops_own_is_nobodys_fault(store: Store) -> None:
    """A database that fails in the middle counts neither against the message nor against the destination."""
    fill(store, "a")
    recorder = FakeRecorder()
    recorder.before = raising(StoreUnavailable("disk"))
    with pytest.raises(StoreUnavailable):
        relay(store, recorder).deliver()
    with store.read() as work:
        assert [row.attempts for row in work.outbox.waiting(9)] == [0]
    assert trouble(store).failures == 0


def test_a_long_reason_is_cut(store: Store) -> None:
    """Whatever a destination answers, the table and the page of it stay readable."""
    fill(store, "a")
    recorder = FakeRecorder()
    recorder.fails = {"a": RecommenderRefused("no " * 10_000)}
    with structlog.testing.capture_logs():
        relay(store, recorder).deliver()
    assert [len(reason) for reason in refused(store)] == [MAX_REASON_LENGTH]


def test_a_crash_between_the_call_and_the_mark_delivers_again(store: Store) -> None:
    """At least once: the second delivery is counted once over there."""
    fill(store, "a")
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


def test_a_malformed_payload_is_set_aside(store: Store) -> None:
    """A row that cannot be read does not block those behind it."""
    with store.engine.connect() as connection:
        connection.execute(insert(outbox).values(kind="interaction", payload=["?"], created_at=NOON))
        connection.commit()
    fill(store, "a")
    recorder = FakeRecorder()
    with structlog.testing.capture_logs():
        relay(store, recorder).deliver()
    assert recorder.calls == [["a"]]
    assert refused(store) == ["malformed payload: TypeError"]


def test_what_was_done_is_told_before_and_after_who_it_was(store: Store) -> None:
    """Merges and forgets are told one by one, in one order with the interactions around them."""
    fill(store, "a", "b")
    tell(store, ReadersMerged(1_000_000_007, 1_000_000_001), ReaderForgotten(1_000_000_002))
    fill(store, "c")
    recorder = FakeRecorder()
    assert relay(store, recorder).deliver() == 5
    assert recorder.calls == [["a", "b"], ["merge 1000000007 1000000001"], ["forget 1000000002"], ["c"]]
    assert waiting(store) == []


def test_what_was_told_before_a_failure_is_not_told_again(store: Store) -> None:
    """A merge that fails keeps what comes after it waiting, not what came before."""
    fill(store, "a")
    tell(store, ReadersMerged(1_000_000_007, 1_000_000_001))
    fill(store, "b")
    recorder = FakeRecorder()
    recorder.before = raising(None, RecommenderUnavailable("down"))
    with structlog.testing.capture_logs():
        deliver_until_settled(store, recorder, Clock())
    merge = ["merge 1000000007 1000000001"]
    assert recorder.calls == [["a"], merge, merge, ["b"]]


def test_a_reader_forgotten_while_their_events_are_delivered_is_forgotten_after_them(store: Store) -> None:
    """What was on its way arrives, is settled though its rows are gone, and only then is the forgetting told."""
    with store.write() as work:
        reader_id = work.readers.add(NOON)
        work.commit()
    fill(store, "a")
    tell(store, ReadersMerged(CLICK.reader_id, reader_id))

    def forget_now() -> None:
        with store.write() as work:
            forget_reader(work, CLICK.reader_id, NOON)
            work.commit()

    recorder = FakeRecorder()
    recorder.before = first(forget_now)
    delivering = relay(store, recorder)
    while delivering.deliver():
        pass
    assert recorder.calls == [
        ["a"],
        [f"merge {CLICK.reader_id} {reader_id}"],
        [f"forget {CLICK.reader_id}"],
    ]
    assert refused(store) == []


def first(act: Callable[[], None]) -> Callable[[], None]:
    """Acts when it is called for the first time."""
    left = [act]
    return lambda: left.pop()() if left else None


def test_an_outage_is_waited_out_with_growing_pauses(store: Store) -> None:
    """Each pause is longer up to two seconds, one line is logged for the outage, and then all is delivered."""
    fill(store, "a")
    stop = Stop()
    recorder = FakeRecorder()
    recorder.before = raising(*[RecommenderUnavailable("down")] * 7, then=stop.set)
    with structlog.testing.capture_logs() as logs:
        run(store, recorder, stop)
    assert len(stop.waits) == 7
    assert stop.waits == sorted(stop.waits)
    assert 0.1 <= stop.waits[0] <= 0.2
    assert stop.waits[-1] == MAX_WAIT
    assert [log["event"] for log in logs] == ["events wait"]
    assert waiting(store) == []


def test_a_restart_goes_on_with_the_pauses_where_they_were(store: Store) -> None:
    """How often a destination failed is known to every worker, a new one among them."""
    fill(store, "a")
    recorder, clock = FakeRecorder(), Clock()
    recorder.before = raising(*[RecommenderUnavailable("down")] * 12)
    with structlog.testing.capture_logs():
        run(store, recorder, Stop(after=6, clock=clock))
        second = Stop(after=6, clock=clock)
        run(store, recorder, second)
    assert set(second.waits) == {MAX_WAIT}
    assert trouble(store).failures == 12


def test_stopping_interrupts_an_outage(store: Store) -> None:
    """A relay that is told to stop while it waits stops, and its events stay."""
    fill(store, "a")
    recorder = FakeRecorder()
    recorder.before = raising(*[RecommenderUnavailable("down")] * 50)
    with structlog.testing.capture_logs():
        run(store, recorder, Stop(after=3))
    assert len(recorder.calls) == 3
    assert waiting(store) == ["a"]


def test_a_relay_that_ends_lets_another_deliver_at_once(store: Store) -> None:
    """Nobody waits for the lease of a worker that was told to stop to run out."""
    fill(store, "a")
    clock = Clock()
    stop = Stop(clock=clock)
    recorder = FakeRecorder()
    recorder.before = stop.set
    run(store, recorder, stop)
    fill(store, "b")
    assert relay(store, recorder, clock=clock).deliver() == 1


def test_stopping_does_not_wait_for_a_batch_told_one_by_one(store: Store) -> None:
    """Between two calls a relay ends, and what it has not told yet stays."""
    fill(store, "a", "b", "c")
    stop = Stop()
    recorder = FakeRecorder()
    recorder.before = raising(RecommenderRefused("INVALID_ARGUMENT"), then=stop.set)
    run(store, recorder, stop)
    assert recorder.calls == [["a", "b", "c"], ["a"]]
    assert waiting(store) == ["b", "c"]


@pytest.mark.parametrize("error", [StoreUnavailable("disk"), RecommenderUnavailable("away"), ZeroDivisionError()])
def test_no_failure_ends_the_loop(store: Store, error: Exception) -> None:
    """The database's, the destination's and a bug alike are logged and tried again."""
    fill(store, "a")
    stop = Stop()
    recorder = FakeRecorder()
    recorder.before = raising(error, then=stop.set)
    with structlog.testing.capture_logs() as logs:
        run(store, recorder, stop)
    assert len(logs) == (1 if isinstance(error, MarketplaceError) else 2)
    assert len(stop.waits) == 1
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

    stop = MigratingStop()
    recorder = FakeRecorder()
    recorder.before = stop.set
    with structlog.testing.capture_logs():
        run(unmigrated, recorder, stop)
    assert list(recorder.stored) == ["a"]
    unmigrated.close()


def test_a_commit_wakes_the_relays(store: Store) -> None:
    """An event written while they pause is delivered, and at the end of the block all have ended."""
    delivered, paid = Event(), Event()
    recorder, provider = FakeRecorder(), FakeProvider()
    recorder.before, provider.before = delivered.set, paid.set
    with Relays(store, recorder, provider) as relays:
        fill(store, "a")
        tell(store, PaymentRequested("7K3M", Money(999, "EUR")))
        relays.wake()
        assert delivered.wait(10)
        assert paid.wait(10)
    with store.read() as work:
        assert work.outbox.length().waiting == 0


def test_a_frozen_recommendations_delays_no_payment(store: Store) -> None:
    """While one destination holds its relay up, the other is told."""
    frozen, thawed, paid = Event(), Event(), Event()
    recorder, provider = FakeRecorder(), FakeProvider()

    def freeze() -> None:
        frozen.set()
        assert thawed.wait(10)

    recorder.before, provider.before = freeze, paid.set
    fill(store, "a")
    with Relays(store, recorder, provider) as relays:
        assert frozen.wait(10)
        tell(store, PaymentRequested("7K3M", Money(999, "EUR")))
        relays.wake()
        assert paid.wait(10)
        assert waiting(store) == ["a"]
        thawed.set()
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
    Relay(store, Recommendations(store, FakeRecorder()), wake=wake, stop=stop).run()
    assert set_before == [True, False]
