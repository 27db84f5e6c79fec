"""The loop of a relay: pauses, restarts, stopping, and relays side by side."""

from threading import Event

import pytest
import structlog

from marketplace.domain.errors import MarketplaceError, RecommenderRefused, RecommenderUnavailable, StoreUnavailable
from marketplace.domain.events import PaymentRequested
from marketplace.domain.money import Money
from marketplace.relay.lease import MAX_WAIT
from marketplace.relay.relay import Relay
from marketplace.relay.senders import RecommendationsSender
from marketplace.store import Store, open_store
from tests.e2e.processes import await_that
from tests.marketplace.fakes import Clock, FakeProvider, FakeRecorder
from tests.marketplace.relay.relaying import (
    Stop,
    add_clicks,
    add_events,
    raising,
    relay,
    relays_of,
    run,
    status,
    waiting,
)


def test_pauses_grow_during_an_outage(store: Store) -> None:
    """Up to two seconds; the outage is logged once, and then everything is delivered."""
    add_clicks(store, "a")
    stop = Stop()
    recorder = FakeRecorder()
    recorder.before = raising(*[RecommenderUnavailable("down")] * 7, then=stop.set)
    with structlog.testing.capture_logs() as logs:
        run(store, recorder, stop)
    assert len(stop.waits) == 7
    assert stop.waits == sorted(stop.waits)
    assert 0.1 <= stop.waits[0] <= 0.2
    assert stop.waits[-1] == MAX_WAIT
    assert [log["event"] for log in logs] == ["destination_backed_off"]
    assert waiting(store) == []


def test_a_new_worker_continues_the_backoff(store: Store) -> None:
    """All workers share the count of failures."""
    add_clicks(store, "a")
    recorder, clock = FakeRecorder(), Clock()
    recorder.before = raising(*[RecommenderUnavailable("down")] * 12)
    with structlog.testing.capture_logs():
        run(store, recorder, Stop(after=6, clock=clock))
        second = Stop(after=6, clock=clock)
        run(store, recorder, second)
    assert set(second.waits) == {MAX_WAIT}
    assert status(store).failures == 12


def test_stopping_interrupts_an_outage(store: Store) -> None:
    """A relay that is stopped during a pause ends, and its events stay in the outbox."""
    add_clicks(store, "a")
    recorder = FakeRecorder()
    recorder.before = raising(*[RecommenderUnavailable("down")] * 50)
    with structlog.testing.capture_logs():
        run(store, recorder, Stop(after=3))
    assert len(recorder.calls) == 3
    assert waiting(store) == ["a"]


def test_a_stopped_relay_releases_its_lease(store: Store) -> None:
    """Another worker need not wait for the lease to expire."""
    add_clicks(store, "a")
    clock = Clock()
    stop = Stop(clock=clock)
    recorder = FakeRecorder()
    recorder.before = stop.set
    run(store, recorder, stop)
    add_clicks(store, "b")
    assert relay(store, recorder, clock=clock).deliver() == 1


def test_stopping_does_not_wait_for_a_batch_sent_one_by_one(store: Store) -> None:
    """A relay ends between two calls, and the events that it has not sent stay in the outbox."""
    add_clicks(store, "a", "b", "c")
    stop = Stop()
    recorder = FakeRecorder()
    recorder.before = raising(RecommenderRefused("INVALID_ARGUMENT"), then=stop.set)
    run(store, recorder, stop)
    assert recorder.calls == [["a", "b", "c"], ["a"]]
    assert waiting(store) == ["b", "c"]


def test_a_relay_that_ends_is_started_again(store: Store) -> None:
    """Not even SystemExit stops delivery for good; until it runs again, its thread counts as failed."""
    delivered = Event()
    recorder = FakeRecorder()
    recorder.before = raising(SystemExit(), then=delivered.set)
    with structlog.testing.capture_logs() as logs, relays_of(store, recorder, FakeProvider()) as relays:
        assert relays.failed() == []
        add_clicks(store, "a")
        relays.wake()
        await_that(relays.failed)
        assert relays.failed() == ["relay to recommendations"]
        assert delivered.wait(10)
        await_that(lambda: not relays.failed())
        await_that(lambda: waiting(store) == [])
    assert [log["event"] for log in logs] == ["thread_failed"]


@pytest.mark.parametrize("error", [StoreUnavailable("disk"), RecommenderUnavailable("away"), ZeroDivisionError()])
def test_no_failure_ends_the_loop(store: Store, error: Exception) -> None:
    """Failures of the database, of the destination and bugs are logged and retried."""
    add_clicks(store, "a")
    stop = Stop()
    recorder = FakeRecorder()
    recorder.before = raising(error, then=stop.set)
    with structlog.testing.capture_logs() as logs:
        run(store, recorder, stop)
    assert len(logs) == (1 if isinstance(error, MarketplaceError) else 2)
    assert len(stop.waits) == 1
    assert waiting(store) == []


def test_a_database_without_tables_does_not_end_the_loop(database_url: str) -> None:
    """The relay retries until the tables exist."""
    unmigrated = open_store(database_url)

    class MigratingStop(Stop):
        def wait(self, timeout: float | None = None) -> bool:
            if len(self.waits) == 1:
                unmigrated.migrate()
                add_clicks(unmigrated, "a")
            return super().wait(timeout)

    stop = MigratingStop()
    recorder = FakeRecorder()
    recorder.before = stop.set
    with structlog.testing.capture_logs():
        run(unmigrated, recorder, stop)
    assert list(recorder.stored) == ["a"]
    unmigrated.close()


def test_the_relays_can_be_woken(store: Store) -> None:
    """Events written during a pause are delivered, and all threads end with the block."""
    delivered, paid = Event(), Event()
    recorder, provider = FakeRecorder(), FakeProvider()
    recorder.before, provider.before = delivered.set, paid.set
    with relays_of(store, recorder, provider) as relays:
        add_clicks(store, "a")
        add_events(store, PaymentRequested("7K3M", Money(999, "EUR")))
        relays.wake()
        assert delivered.wait(10)
        assert paid.wait(10)
    with store.read() as work:
        assert work.outbox.length().waiting == 0


@pytest.mark.parametrize("error", [StoreUnavailable("disk"), ZeroDivisionError()])
def test_no_failure_ends_the_repeated_call(store: Store, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """It is logged, the jobs after it are done all the same, and the call is repeated a minute later."""
    monkeypatch.setattr("marketplace.relay.relays.MINUTE", 0.01)
    repeated = Event()
    after_failure: list[str] = []

    def repeat() -> None:
        assert after_failure
        repeated.set()

    jobs = (raising(error, then=repeat), lambda: after_failure.append("done"))
    relays = relays_of(store, FakeRecorder(), FakeProvider(), every_minute=jobs)
    with structlog.testing.capture_logs() as logs, relays:
        assert repeated.wait(10)
    assert [log["event"] for log in logs] == ["job_failed"]


def test_payments_do_not_wait_for_recommendations(store: Store) -> None:
    """While one destination hangs, the other receives its events."""
    frozen, thawed, paid = Event(), Event(), Event()
    recorder, provider = FakeRecorder(), FakeProvider()

    def freeze() -> None:
        frozen.set()
        assert thawed.wait(10)

    recorder.before, provider.before = freeze, paid.set
    add_clicks(store, "a")
    with relays_of(store, recorder, provider) as relays:
        assert frozen.wait(10)
        add_events(store, PaymentRequested("7K3M", Money(999, "EUR")))
        relays.wake()
        assert paid.wait(10)
        assert waiting(store) == ["a"]
        thawed.set()
    assert waiting(store) == []


def test_an_idle_relay_pauses(store: Store) -> None:
    """It uses each wake-up once instead of running in a busy loop."""
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
    Relay(store, RecommendationsSender(store, FakeRecorder()), wake=wake, stop=stop).run()
    assert set_before == [True, False]
