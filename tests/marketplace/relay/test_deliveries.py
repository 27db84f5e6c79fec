"""Published events reach a receiver over HTTP and over RabbitMQ, whatever happens to it and to the relay."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event as Signal

import pytest
import structlog

from events import types
from marketplace.domain.destinations import EventDestination
from marketplace.domain.events import NOTICES
from marketplace.relay.lease import LEASE
from marketplace.relay.relay import Relay
from marketplace.relay.relays import Relays
from marketplace.relay.senders import EventsSender
from marketplace.store import Store
from tests.e2e.processes import await_that
from tests.marketplace.fakes import NOON, Clock, FakeProvider, FakeRecorder
from tests.marketplace.relay.receivers import (
    POISON,
    SECRET,
    AnyReceiver,
    BrokerWorld,
    HttpWorld,
)
from tests.marketplace.relay.relaying import relays_of

pytestmark = pytest.mark.slow
SOURCE = "https://shop.example"


@pytest.fixture(params=["http", pytest.param("amqp", marks=pytest.mark.rabbitmq)])
def receiver(request: pytest.FixtureRequest) -> Iterator[AnyReceiver]:
    """A receiver over HTTP, and one over RabbitMQ."""
    opened = HttpWorld() if request.param == "http" else BrokerWorld(request.getfixturevalue("broker"))
    yield opened
    opened.close()


@pytest.fixture
def store(sqlite_store: Store) -> Store:
    """A store with one destination; how the outbox is stored has tests on both databases."""
    with sqlite_store.write() as work:
        kinds = (types.BookChanged.type, types.BookRemoved.type)
        work.destinations.add("http://receiver.example/events", SECRET, types=kinds, at=NOON)
        work.commit()
    return sqlite_store


def publish(store: Store, *book_ids: int) -> None:
    """Publish changes of books; the event of POISON is one that the receiver refuses, over HTTP and RabbitMQ."""
    with store.write() as work:
        for book_id in book_ids:
            changed = types.BookChanged(book_id=book_id, title="Dune")
            work.outbox.publish(types.BookRemoved(book_id=book_id) if book_id == POISON else changed, at=NOON)
        work.commit()


def books(receiver: AnyReceiver) -> list[int]:
    """The books of the received events, each once, in the order of their first arrival."""
    return list(dict.fromkeys(getattr(event.data, "book_id", 0) for event in receiver.received()))


def state(store: Store, number: int = 1) -> tuple[int, int, int]:
    """How many events wait for the destination and have failed, and its failures in a row."""
    with store.read() as work:
        destination = work.destinations.get(number).destination
        length = work.outbox.lengths().get(destination)
        status = work.deliveries.statuses().get(destination)
        return (length.waiting, length.failed, 0 if status is None else status.failures) if length else (0, 0, 0)


@contextmanager
def relaying(store: Store, receiver: AnyReceiver) -> Iterator[Relays]:
    """Relays in threads, without their logs."""

    def connect(stored: EventDestination) -> EventsSender:
        return EventsSender(stored.destination, receiver.connect(), source=SOURCE)

    with (
        structlog.testing.capture_logs(),
        relays_of(store, FakeRecorder(), FakeProvider(), connect=connect) as relays,
    ):
        yield relays


def await_empty(store: Store) -> None:
    await_that(lambda: state(store)[0] == 0, show=lambda: state(store))


def test_events_are_accepted_in_order(store: Store, receiver: AnyReceiver) -> None:
    """With their ids, time and source; the log says so."""
    publish(store, 1, 2, 3)
    with relaying(store, receiver):
        await_empty(store)
    events = receiver.received()
    assert [getattr(event.data, "book_id", 0) for event in events] == [1, 2, 3]
    assert {(event.source, event.time) for event in events} == {(SOURCE, NOON)}
    with store.read() as work:
        entries = work.event_log.page(work.destinations.get(1).destination, limit=10).rows
    assert [(entry.event_id, entry.error, entry.attempts) for entry in entries] == [
        (event.id, None, 1) for event in reversed(events)
    ]


def test_a_receiver_that_was_down_gets_everything_in_order(store: Store, receiver: AnyReceiver) -> None:
    """What waited meanwhile, and how often it was tried is in the log."""
    receiver.down()
    publish(store, 1, 2, 3)
    with relaying(store, receiver):
        await_that(lambda: state(store)[2] >= 2)
        receiver.up()
        await_empty(store)
    assert books(receiver) == [1, 2, 3]
    with store.read() as work:
        entries = work.event_log.page(work.destinations.get(1).destination, limit=10).rows
    assert entries[-1].attempts >= 3
    assert [entry.attempts for entry in entries[:-1]] == [1, 1]


def test_a_frozen_receiver_delays_its_events_and_loses_none(store: Store, receiver: AnyReceiver) -> None:
    """Each call ends by its own deadline; after the thaw everything arrives."""
    publish(store, 1)
    with relaying(store, receiver):
        await_empty(store)
        with receiver.frozen():
            publish(store, 2, 3)
            await_that(lambda: state(store)[2] >= 1, show=lambda: state(store))
            assert state(store)[0] == 2
        await_empty(store)
    assert books(receiver) == [1, 2, 3]


def test_a_receiver_killed_amid_deliveries_gets_each_at_least_once(store: Store, receiver: AnyReceiver) -> None:
    """In order, apart from repetitions."""
    many = [number for number in range(1, 301) if number != POISON]
    publish(store, *many)
    with relaying(store, receiver):
        await_that(lambda: state(store)[0] < len(many))
        receiver.down()
        await_that(lambda: state(store)[2] >= 1)
        assert state(store)[0] > 0
        receiver.up()
        await_empty(store)
    assert books(receiver) == many
    assert state(store)[1] == 0


def test_a_poison_event_stops_no_other(store: Store, receiver: AnyReceiver) -> None:
    """It is a failed delivery with its reason; the first one is published, further ones are not."""
    publish(store, 1, POISON, 2, POISON, 3)
    with relaying(store, receiver):
        await_empty(store)
    assert books(receiver) == [1, 2, 3]
    assert state(store)[1] == 2
    with store.read() as work:
        reports = [row.event() for row in work.outbox.waiting(100, NOTICES)]
        failed = work.outbox.failed(10)
    assert [report.data for report in reports] == [types.DeliveryFailed(destination="events-1")]  # type: ignore[union-attr]
    assert "422" in failed[-1].reason or "no queue takes events" in failed[-1].reason


def test_a_worker_that_dies_after_sending_sends_again(store: Store, receiver: AnyReceiver) -> None:
    """The event keeps its id, by which the receiver knows the repetition."""
    publish(store, 1)
    clock = Clock()

    class Dying(EventsSender):
        def send(self, events: object) -> list[str | None]:
            super().send(events)  # type: ignore[arg-type]
            raise SystemExit

    def relay(kind: type[EventsSender]) -> tuple[Relay, EventsSender]:
        with store.read() as work:
            destination = work.destinations.get(1).destination
        sender = kind(destination, receiver.connect(), source=SOURCE)
        return Relay(store, sender, wake=Signal(), stop=Signal(), clock=clock.now), sender

    dying, sender = relay(Dying)
    with pytest.raises(SystemExit):
        dying.deliver()
    sender.close()
    clock.seconds += (LEASE + timedelta(seconds=1)).total_seconds()
    successor, sender = relay(EventsSender)
    assert successor.deliver() == 1
    sender.close()
    assert len(receiver.received()) == 2
    assert len({event.id for event in receiver.received()}) == 1
    assert state(store)[0] == 0
