"""Leases: one worker at a time delivers to a destination."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from threading import Event, Lock, Thread

import pytest
import structlog
from sqlalchemy import update

from marketplace.domain.errors import RecommenderUnavailable
from marketplace.domain.events import PAYMENTS, RECOMMENDATIONS, BookChanged, Destination, PaymentRequested
from marketplace.domain.money import Money
from marketplace.gateways.recommender import EVENT_TIMEOUT
from marketplace.relay.lease import LEASE, MAX_WAIT, MIN_REMAINING, BackOff, Lease, LeaseLost
from marketplace.relay.relay import Relay
from marketplace.relay.senders import RecommendationsSender
from marketplace.store import Store, UnitOfWork
from marketplace.store.outbox.deliveries import MAX_FUTURE
from marketplace.store.schema import deliveries
from tests.marketplace.fakes import Clock, FakeProvider, FakeRecorder
from tests.marketplace.relay.relaying import CLICK, add_clicks, add_events, payments, raising, relay, status, waiting


def lease(store: Store, clock: Clock, destination: Destination = RECOMMENDATIONS) -> Lease:
    return Lease(store, destination, clock=clock.now)


def deliver_and_release(relay: Relay) -> None:
    """Deliver one batch, and let another worker deliver the next one."""
    relay.deliver()
    relay._lease.release()


def test_one_worker_at_a_time_holds_a_destination(store: Store) -> None:
    """Each destination has a lease of its own."""
    clock = Clock()
    first, second = lease(store, clock), lease(store, clock)
    assert first.take()
    assert not second.take()
    assert lease(store, clock, PAYMENTS).take()
    assert first.take()
    assert first.is_held
    assert not second.is_held


def test_a_released_lease_is_taken_at_once(store: Store) -> None:
    """Another worker need not wait for it to expire."""
    clock = Clock()
    first, second = lease(store, clock), lease(store, clock)
    first.take()
    first.release()
    assert second.take()
    first.release()
    assert not first.take()


def test_the_lease_of_a_killed_worker_expires(store: Store) -> None:
    """It cannot be taken a millisecond earlier."""
    clock = Clock()
    lease(store, clock).take()
    other = lease(store, clock)
    clock.seconds += LEASE.total_seconds() - 0.001
    assert not other.take()
    clock.seconds += 0.001
    assert other.take()


def test_a_lease_is_renewed_before_it_is_too_short_for_a_call(store: Store) -> None:
    """The time left is always longer than a call, and a renewed lease keeps others out."""
    assert LEASE > MIN_REMAINING > timedelta(seconds=2 * EVENT_TIMEOUT)
    clock = Clock()
    first, second = lease(store, clock), lease(store, clock)
    first.take()
    clock.seconds += (LEASE - MIN_REMAINING).total_seconds() + 0.001
    held = [first.is_held]
    first.require()
    assert [*held, first.is_held] == [False, True]
    clock.seconds += MIN_REMAINING.total_seconds()
    assert not second.take()


def test_settling_renews_the_lease(store: Store) -> None:
    """A worker that keeps delivering keeps its lease."""
    clock = Clock()
    first, second = lease(store, clock), lease(store, clock)
    first.take()
    clock.seconds += 10
    with first.settling():
        pass
    assert first.is_held
    clock.seconds += 10
    assert not second.take()


def test_an_expired_lease_that_nobody_took_is_still_held(store: Store) -> None:
    """The answer to its last call can still be recorded."""
    clock = Clock()
    first, second = lease(store, clock), lease(store, clock)
    first.take()
    clock.seconds += 1000
    with first.settling():
        pass
    clock.seconds += 1000
    first.require()
    assert not second.take()


def test_a_lease_that_was_lost_allows_nothing(store: Store) -> None:
    """A frozen worker whose lease was taken can neither call, settle, back off, nor take it back."""
    clock = Clock()
    first, second = lease(store, clock), lease(store, clock)
    first.take()
    clock.seconds += LEASE.total_seconds()
    second.take()
    with pytest.raises(LeaseLost):
        first.require()
    with pytest.raises(LeaseLost), first.settling():
        pytest.fail("the lease was lost")
    with pytest.raises(LeaseLost):
        first.back_off(RecommenderUnavailable("away"))
    first.release()
    assert not first.take()
    assert status(store).failures == 0
    second.require()


def test_a_worker_frozen_in_a_call_settles_nothing(store: Store) -> None:
    """The worker that has taken its lease delivers the events."""
    add_clicks(store, "a", "b")
    add_events(store, BookChanged(7))
    clock = Clock()
    frozen, other = FakeRecorder(), FakeRecorder()

    def freeze() -> None:
        clock.seconds += LEASE.total_seconds()
        relay(store, other, clock=clock, batch=1).deliver()

    frozen.before = freeze
    with structlog.testing.capture_logs() as logs:
        delivered = relay(store, frozen, clock=clock).deliver()
    assert delivered == 0
    assert [log["event"] for log in logs] == ["relay_lease_lost"]
    assert frozen.calls == [["a", "b"]]
    assert other.calls == [["a"]]
    with store.read() as work:
        assert [row.kind for row in work.outbox.waiting(9)] == ["interaction", "book"]


def test_a_worker_frozen_between_calls_makes_no_other(store: Store) -> None:
    """Before each call a worker checks that it still has the lease."""
    add_clicks(store, "a", "b")
    clock = Clock()
    frozen, other = FakeRecorder(), FakeRecorder()
    checks = count(1)

    class Slow(Event):
        """Checked between calls; the process is frozen at the second check."""

        def is_set(self) -> bool:
            if next(checks) == 2:
                clock.seconds += LEASE.total_seconds()
                relay(store, other, clock=clock, batch=1).deliver()
            return False

    add_events(store, BookChanged(7))
    add_clicks(store, "c")
    sender = RecommendationsSender(store, frozen)
    with structlog.testing.capture_logs():
        Relay(store, sender, wake=Event(), stop=Slow(), clock=clock.now).deliver()
    assert frozen.calls == [["a", "b"]]
    assert other.calls == [["remove 7"]]


def test_rows_are_read_again_under_the_lease(store: Store) -> None:
    """Another worker may have delivered them before the lease was taken."""
    add_clicks(store, "a")
    clock = Clock()
    recorder = FakeRecorder()

    class Overtaken(Store):
        """Another worker delivers everything between the first read and the lease."""

        @contextmanager
        def write(self) -> Iterator[UnitOfWork]:
            deliver_and_release(relay(store, recorder, clock=clock))
            with super().write() as work:
                yield work

    assert relay(Overtaken(store.engine), recorder, clock=clock).deliver() == 0
    assert recorder.calls == [["a"]]


def test_all_workers_back_off_a_failed_destination(store: Store) -> None:
    """After the pause any worker may try, and all know how often the destination has failed."""
    add_clicks(store, "a")
    clock = Clock()
    failing, other = FakeRecorder(), FakeRecorder()
    failing.before = raising(*[RecommenderUnavailable("away")] * 9)
    with structlog.testing.capture_logs(), pytest.raises(BackOff) as pause:
        relay(store, failing, clock=clock).deliver()
    clock.seconds += pause.value.seconds - 0.001
    assert relay(store, other, clock=clock).deliver() == 0
    assert other.calls == []
    assert status(store).failures == 1
    clock.seconds += 0.002
    assert relay(store, other, clock=clock).deliver() == 1
    assert status(store).failures == 0
    assert status(store).last_error == ""


def test_a_backed_off_destination_does_not_delay_the_other(store: Store) -> None:
    """Pauses and failures are counted for each destination."""
    add_clicks(store, "a")
    add_events(store, PaymentRequested("7K3M", Money(999, "EUR")))
    clock = Clock()
    recorder, provider = FakeRecorder(), FakeProvider()
    recorder.before = raising(RecommenderUnavailable("away"))
    with structlog.testing.capture_logs(), pytest.raises(BackOff):
        relay(store, recorder, clock=clock).deliver()
    assert payments(store, provider, clock=clock).deliver() == 1
    assert provider.calls == ["request 7K3M 999 EUR"]
    assert (status(store).failures, status(store, PAYMENTS).failures) == (1, 0)


@pytest.mark.parametrize("column", ["held_until", "retry_at"])
def test_a_time_from_a_wrong_clock_is_ignored(store: Store, column: str) -> None:
    """Once a clock that was an hour ahead is corrected, events are delivered again."""
    add_clicks(store, "a")
    clock = Clock()
    lease(store, clock).take()
    with store.engine.connect() as connection:
        moments = {"held_until": clock.now(), column: clock.now() + MAX_FUTURE + timedelta(seconds=1)}
        connection.execute(update(deliveries).values(moments))
        connection.commit()
    assert timedelta(seconds=MAX_WAIT) < LEASE < MAX_FUTURE
    assert relay(store, FakeRecorder(), clock=clock).deliver() == 1


@pytest.mark.slow
def test_two_workers_deliver_each_event_once(store: Store) -> None:
    """Two threads that take the lease in turn send a thousand events once and in order."""
    ids = [f"{number:04}" for number in range(1000)]
    add_events(store, *(replace(CLICK, id=id_) for id_ in ids))
    sent: list[str] = []
    lock, stop = Lock(), Event()

    class Counting(FakeRecorder):
        def _called(self, items: list[str]) -> None:
            with lock:
                sent.extend(items)
                if len(sent) >= len(ids):
                    stop.set()

    def work() -> None:
        while not stop.is_set():
            deliver_and_release(relay(store, Counting(), batch=7))

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert Counter(sent) == Counter(ids)
    assert sent == ids
    assert waiting(store) == []
