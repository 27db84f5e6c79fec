"""The relays of destinations that moderators add, and what a relay logs and reports of published events."""

from collections.abc import Callable
from threading import Event as Signal

import pytest
import structlog

from events import types
from events.envelope import Event
from marketplace.domain.destinations import EventDestination
from marketplace.domain.errors import (
    MarketplaceError,
    ReceiverBroken,
    ReceiverRefused,
    ReceiverUnavailable,
    Refused,
    StoreUnavailable,
)
from marketplace.domain.events import NOTICES, Destination, PublishedEvent
from marketplace.relay.lease import MAX_WAIT_ELSEWHERE
from marketplace.relay.relay import MAX_ATTEMPTS, Relay
from marketplace.relay.senders import EventsSender
from marketplace.store import Store
from tests.e2e.processes import await_that
from tests.events.samples import NOTICE, ORDER
from tests.marketplace.fakes import NOON, Clock, FakeProvider, FakeRecorder
from tests.marketplace.relay.relaying import Stop, relays_of
from tests.marketplace.stored import execute

FIRST = Destination("events-1")
SOURCE = "https://shop.example"


class FakeReceiver:
    """Accepts events, or raises what `error` returns for one."""

    def __init__(self, error: Callable[[Event], MarketplaceError | None] = lambda _: None) -> None:
        self.error = error
        self.events: list[Event] = []
        self.closed = 0

    def publish(self, event: Event) -> None:
        if (error := self.error(event)) is not None:
            raise error
        self.events.append(event)

    def close(self) -> None:
        self.closed += 1


def add(store: Store, url: str = "http://a.example", *kinds: str) -> EventDestination:
    with store.write() as work:
        added = work.destinations.add(url, "whsec_a", types=kinds, at=NOON)
        work.commit()
    return added


def publish(store: Store, *data: types.EventData) -> None:
    with store.write() as work:
        work.outbox.publish(*data, at=NOON)
        work.commit()


def relay(store: Store, receiver: FakeReceiver, to: Destination = FIRST, *, clock: Clock | None = None) -> Relay:
    sender = EventsSender(to, receiver, source=SOURCE)
    return Relay(store, sender, wake=Signal(), stop=Signal(), clock=(clock or Clock()).now)


def refuse(_event: Event) -> MarketplaceError:
    return ReceiverRefused("no")


def reports(store: Store) -> list[object]:
    """The failures that notices is told."""
    with store.read() as work:
        events = [row.event() for row in work.outbox.waiting(100, NOTICES)]
    return [event.data for event in events if isinstance(event, PublishedEvent)]


def removed(book_id: int) -> types.EventData:
    return types.BookRemoved(book_id=book_id)


def test_relays_follow_what_moderators_do(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A destination is delivered to as soon as it is added, no longer once disabled, and again when enabled."""
    monkeypatch.setattr("marketplace.relay.relays.LOOK_SECONDS", 0.01)
    receiver = FakeReceiver()
    connected: list[str] = []

    def connect(stored: EventDestination) -> EventsSender:
        connected.append(stored.url)
        return EventsSender(stored.destination, receiver, source=SOURCE)

    def set_enabled(is_enabled: bool) -> None:
        with store.write() as work:
            work.destinations.set_enabled(1, is_enabled)
            work.commit()

    with relays_of(store, FakeRecorder(), FakeProvider(), connect=connect) as relays:
        add(store, "amqp://a:1@a.example")
        publish(store, removed(1))
        await_that(lambda: len(receiver.events) == 1)
        set_enabled(False)
        await_that(lambda: receiver.closed == 1)
        execute(store, "UPDATE event_destinations SET url = 'amqp://a:2@a.example'")
        set_enabled(True)
        publish(store, removed(2))
        relays.wake()
        await_that(lambda: len(receiver.events) == 2)
        assert relays.failed() == []
        execute(store, "UPDATE event_destinations SET url = 'amqp://a:3@a.example'")
        await_that(lambda: receiver.closed == 2)
        publish(store, removed(3))
        await_that(lambda: len(receiver.events) == 3)
        with store.write() as work:
            work.destinations.remove(1)
            work.commit()
        await_that(lambda: receiver.closed == 3)
    assert connected == ["amqp://a:1@a.example", "amqp://a:2@a.example", "amqp://a:3@a.example"]


def test_a_disabled_destination_keeps_what_waits(store: Store) -> None:
    """Nobody is sent it, and the relay that never starts harms nothing."""
    add(store)
    publish(store, removed(1))
    with store.write() as work:
        work.destinations.set_enabled(1, False)
        work.commit()
    with relays_of(store, FakeRecorder(), FakeProvider()):
        pass
    with store.read() as work:
        assert work.outbox.lengths()[FIRST].waiting == 1


def test_an_outage_of_the_database_is_logged_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The destinations are read again as soon as it answers."""
    monkeypatch.setattr("marketplace.relay.relays.LOOK_SECONDS", 0.001)
    receiver, reads = FakeReceiver(), []

    class Failing(Store):
        def read(self) -> object:  # type: ignore[override]
            reads.append(1)
            if len(reads) < 20:
                raise StoreUnavailable("disk")
            return super().read()

    add(store)
    publish(store, removed(1))
    relays = relays_of(
        Failing(store.engine),
        FakeRecorder(),
        FakeProvider(),
        connect=lambda stored: EventsSender(stored.destination, receiver, source=SOURCE),
    )
    with structlog.testing.capture_logs() as logs, relays:
        await_that(lambda: receiver.events)
    assert [log["event"] for log in logs].count("destinations_not_read") == 1


def test_only_notices_is_sent_a_private_event(store: Store) -> None:
    """Even if a row for another destination were in the outbox, its sender refuses it."""
    receiver = FakeReceiver()
    event = PublishedEvent("e-1", NOON, NOTICE)
    EventsSender(NOTICES, receiver, source=SOURCE).send([event])
    with pytest.raises(Refused):
        EventsSender(FIRST, receiver, source=SOURCE).send([event])
    assert receiver.events == [Event("e-1", SOURCE, NOON, NOTICE)]


def test_the_first_failure_is_reported_once(store: Store) -> None:
    """Again only after the failed deliveries have been sent."""
    add(store)
    receiver = FakeReceiver(lambda event: ReceiverRefused("no") if event.type == types.BookRemoved.type else None)
    delivering = relay(store, receiver)
    with structlog.testing.capture_logs():
        for book_id in (1, 2):
            publish(store, removed(book_id))
            delivering.deliver()
    assert reports(store) == [types.DeliveryFailed(destination="events-1")]
    with store.write() as work:
        assert work.outbox.retry_all(FIRST) == 2
        work.commit()
    with structlog.testing.capture_logs():
        delivering.deliver()
    assert len(reports(store)) == 2


def test_failures_of_notices_and_of_reports_are_not_reported(store: Store) -> None:
    """Otherwise each report would cause another."""
    add(store, "http://a.example", types.DeliveryFailed.type)
    low = types.StockLow(book_id=7, title="Dune", stock=1)
    publish(store, low, types.DeliveryFailed(destination="payments"))
    with structlog.testing.capture_logs():
        relay(store, FakeReceiver(refuse)).deliver()
        assert reports(store) == [low, types.DeliveryFailed(destination="payments")]
        relay(store, FakeReceiver(refuse), NOTICES).deliver()
    assert reports(store) == []
    with store.read() as work:
        assert work.outbox.length().failed == 3


def test_an_event_that_breaks_the_receiver_fails_after_ten_attempts(store: Store) -> None:
    """The log says how many; other destinations of the shop have no log."""
    add(store)
    publish(store, ORDER)
    clock = Clock()
    with structlog.testing.capture_logs():
        for _ in range(MAX_ATTEMPTS - 1):
            with pytest.raises(Exception, match="backed off"):
                relay(store, FakeReceiver(lambda _: ReceiverBroken("500")), clock=clock).deliver()
            clock.seconds += 200
        relay(store, FakeReceiver(lambda _: ReceiverBroken("500")), clock=clock).deliver()
        relay(store, FakeReceiver(), NOTICES, clock=clock).deliver()
    with store.read() as work:
        entries = work.event_log.page(FIRST, limit=10).rows
        assert work.event_log.page(NOTICES, limit=10).total == 0
    assert [(entry.attempts, entry.error is not None) for entry in entries] == [(MAX_ATTEMPTS, True)]


def test_a_stranger_is_backed_off_for_a_minute_at_most(store: Store) -> None:
    """Its own limit; a worker that starts meanwhile respects the backoff."""
    add(store)
    publish(store, removed(1))
    clock = Clock()
    stop = Stop(after=14, clock=clock)
    sender = EventsSender(FIRST, FakeReceiver(lambda _: ReceiverUnavailable("down")), source=SOURCE)
    with structlog.testing.capture_logs():
        Relay(store, sender, wake=Signal(), stop=stop, max_wait=MAX_WAIT_ELSEWHERE, clock=stop.now).run()
    assert stop.waits == sorted(stop.waits)
    assert stop.waits[-1] == MAX_WAIT_ELSEWHERE
    clock.seconds -= MAX_WAIT_ELSEWHERE
    assert relay(store, FakeReceiver(), clock=clock).deliver() == 0


def test_what_was_deleted_during_its_delivery_is_not_logged(store: Store) -> None:
    """A reader's data that was deleted while the relay sent an event about them does not come back in the log."""
    add(store)
    publish(store, types.ReaderRegistered(reader_id=7))
    receiver = FakeReceiver()

    def forget(_event: Event) -> None:
        with store.write() as work:
            work.outbox.drop_of(7)
            work.event_log.remove_of(7)
            work.commit()

    receiver.error = forget
    assert relay(store, receiver).deliver() == 1
    assert len(receiver.events) == 1
    with store.read() as work:
        assert work.event_log.page(FIRST, limit=10).total == 0
