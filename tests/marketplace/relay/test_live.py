"""What is published for live, and for how long it is worth sending."""

from datetime import timedelta
from threading import Event as Signal

import pytest
import structlog

from events import types
from events.types import LIVE_TYPES
from marketplace.domain.errors import ReceiverUnavailable
from marketplace.domain.events import LIVE, NOTICES
from marketplace.relay.lease import BackOff
from marketplace.relay.relay import Relay
from marketplace.relay.senders import EventsSender
from marketplace.store import Store
from marketplace.usecases.destinations import Destinations
from tests.events.samples import ORDER
from tests.marketplace.fakes import NOON, Clock
from tests.marketplace.relay.test_events import SOURCE, FakeReceiver

CHANGED = types.ConversationChanged(order_id=ORDER.order_id, reader_id=7, change=1, by="reader")
AGE = timedelta(minutes=1)


@pytest.fixture
def with_live(store: Store) -> Store:
    """The store of a shop with live."""
    return Store(store.engine, has_live=True)


def publish(store: Store, *data: types.EventData) -> None:
    with store.write() as work:
        work.outbox.publish(*data, at=NOON)
        work.commit()


def waiting(store: Store) -> list[int]:
    """The numbers of the events that wait for live."""
    with store.read() as work:
        return [row.event_id for row in work.outbox.waiting(100, LIVE)]


def relay(store: Store, receiver: FakeReceiver, clock: Clock) -> Relay:
    sender = EventsSender(LIVE, receiver, source=SOURCE, max_age=AGE, clock=clock.now)
    return Relay(store, sender, wake=Signal(), stop=Signal(), clock=clock.now)


def test_live_receives_what_pages_hear_of(with_live: Store) -> None:
    """Orders and conversations, with the numbers of the outbox, which grow; notices receives the same event."""
    publish(with_live, ORDER, types.StockLow(book_id=7, title="Dune", stock=1), CHANGED)
    numbers = waiting(with_live)
    receiver = FakeReceiver()
    assert relay(with_live, receiver, Clock()).deliver() == 2
    assert [(event.type, event.sequence) for event in receiver.events] == [
        (ORDER.type, numbers[0]),
        (CHANGED.type, numbers[1]),
    ]
    assert numbers == sorted(numbers)
    assert {event.type for event in receiver.events} < set(LIVE_TYPES)
    with with_live.read() as work:
        assert next(row.event_id for row in work.outbox.waiting(9, NOTICES)) != numbers[0]


def test_without_live_nothing_waits_for_it(store: Store, with_live: Store) -> None:
    """Nothing is published, and what waited when it was taken away is deleted at the next start."""
    publish(store, ORDER)
    assert waiting(store) == []
    with store.read() as work:
        assert not work.outbox.has_receivers(types.ConversationChanged)
    with with_live.read() as work:
        assert work.outbox.has_receivers(types.ConversationChanged)
    publish(with_live, ORDER)
    Destinations(store).follow_settings([], has_live=True)
    assert len(waiting(store)) == 1
    Destinations(store).follow_settings([])
    assert waiting(store) == []
    with store.read() as work:
        assert len(work.outbox.waiting(9, NOTICES)) == 2


def test_old_signals_are_dropped(with_live: Store) -> None:
    """While live is down, those of the last minute wait; others' events are not affected."""
    publish(with_live, ORDER, CHANGED)
    clock = Clock()
    down = FakeReceiver(lambda _: ReceiverUnavailable("down"))
    with structlog.testing.capture_logs(), pytest.raises(BackOff):
        relay(with_live, down, clock).deliver()
    assert len(waiting(with_live)) == 2
    clock.seconds += AGE.total_seconds() + 1
    assert relay(with_live, down, clock).deliver() == 2
    assert waiting(with_live) == []
    with with_live.read() as work:
        assert work.outbox.lengths()[LIVE].failed == 0
        assert len(work.outbox.waiting(9, NOTICES)) == 1


def test_a_signal_of_a_minute_is_still_sent(with_live: Store) -> None:
    """And notices is sent events of any age."""
    publish(with_live, ORDER)
    clock = Clock()
    clock.seconds += AGE.total_seconds()
    receiver = FakeReceiver()
    relay(with_live, receiver, clock).deliver()
    assert len(receiver.events) == 1
    clock.seconds = 10**6
    old = FakeReceiver()
    sender = EventsSender(NOTICES, old, source=SOURCE, clock=clock.now)
    assert Relay(with_live, sender, wake=Signal(), stop=Signal(), clock=clock.now).deliver() == 1
    assert len(old.events) == 1
