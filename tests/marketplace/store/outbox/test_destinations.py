"""The destinations of published events, and how events are distributed to them."""

from collections.abc import Sequence

import pytest

from events import types
from marketplace.domain.destinations import MAX_DESTINATIONS, EventDestination
from marketplace.domain.errors import DestinationExists, DestinationNotFound, TooManyDestinations
from marketplace.domain.events import NOTICES, Destination
from marketplace.store import Store
from marketplace.store.outbox.outbox import OutboxLength
from tests.events.samples import NOTICE, ORDER
from tests.marketplace.fakes import NOON
from tests.marketplace.stored import execute

BROKER = "amqp://user:one@broker.example"


def add(store: Store, url: str = "http://a.example", *kinds: str) -> EventDestination:
    with store.write() as work:
        added = work.destinations.add(url, "whsec_a", types=kinds, at=NOON)
        work.commit()
    return added


def publish(store: Store, *data: types.EventData) -> None:
    with store.write() as work:
        work.outbox.publish(*data, at=NOON)
        work.commit()


def waiting(store: Store, destination: Destination) -> list[str]:
    """The types of the events that wait for a destination."""
    with store.read() as work:
        return [row.payload["type"] for row in work.outbox.waiting(100, destination)]


def follow(store: Store, *urls: str) -> Sequence[str]:
    with store.write() as work:
        without_room = work.destinations.follow_settings(urls, lambda: "whsec_new", at=NOON)
        work.commit()
    return without_room


def stored(store: Store) -> list[EventDestination]:
    with store.read() as work:
        return work.destinations.all()


def test_an_event_goes_to_all_that_chose_its_type(store: Store) -> None:
    """With one id; disabled ones get nothing, and notices what it always receives."""
    everything, orders, off = (
        add(store),
        add(store, "http://b.example", types.OrderPlaced.type),
        add(store, "http://c.example"),
    )
    with store.write() as work:
        work.destinations.set_enabled(off.number, False)
        work.commit()
    publish(store, ORDER, types.BookRemoved(book_id=7))
    assert waiting(store, everything.destination) == [types.OrderPlaced.type, types.BookRemoved.type]
    assert waiting(store, orders.destination) == waiting(store, NOTICES) == [types.OrderPlaced.type]
    assert waiting(store, off.destination) == []
    with store.read() as work:
        placed = {work.outbox.waiting(1, to)[0].payload["id"] for to in (NOTICES, orders.destination)}
    assert len(placed) == 1


@pytest.mark.parametrize("chosen", [(), tuple(types.TYPES), (types.NoticeRequested.type,)])
def test_no_configuration_sends_a_private_event_elsewhere(store: Store, chosen: tuple[str, ...]) -> None:
    """Whatever types a row has, even one that was written by hand."""
    add(store, "http://a.example", *chosen)
    follow(store, BROKER)
    publish(store, NOTICE)
    with store.read() as work:
        lengths = {to.value: length.waiting for to, length in work.outbox.lengths().items() if length.waiting}
    assert lengths == {"notices": 1}


def test_an_address_is_there_once(store: Store) -> None:
    """Whatever its password; there may be 20."""
    first = add(store, BROKER)
    with pytest.raises(DestinationExists):
        add(store, "amqp://other:two@broker.example")
    for number in range(1, MAX_DESTINATIONS):
        add(store, f"http://a{number}.example")
    with pytest.raises(TooManyDestinations):
        add(store, "http://another.example")
    assert stored(store)[0] == first


def test_the_settings_are_followed(store: Store) -> None:
    """Repeatedly; an address that is gone is disabled with what waits for it, and comes back as it was."""
    follow(store, BROKER, "http://a.example")
    first = stored(store)
    assert follow(store, BROKER, "http://a.example") == []
    assert stored(store) == first
    publish(store, types.BookRemoved(book_id=7))
    follow(store, "amqp://user:two@broker.example")
    broker, gone = stored(store)
    assert (broker.url, broker.secret) == ("amqp://user:two@broker.example", "whsec_new")
    assert (gone.is_enabled, gone.is_from_settings) == (False, False)
    assert len(waiting(store, gone.destination)) == 1
    follow(store, BROKER, "http://a.example")
    assert stored(store) == first


def test_what_moderators_set_stays(store: Store) -> None:
    """The settings do not enable what a moderator has disabled, and take over an address that one has added."""
    own = add(store, "http://a.example", types.OrderPaid.type)
    follow(store, "http://a.example", "http://b.example")
    taken, other = stored(store)
    assert (taken.number, taken.secret, taken.types) == (own.number, own.secret, own.types)
    assert taken.is_from_settings
    with store.write() as work:
        work.destinations.set_enabled(other.number, False)
        work.commit()
    follow(store, "http://a.example", "http://b.example")
    assert [destination.is_enabled for destination in stored(store)] == [True, False]


def test_settings_without_room_are_named(store: Store) -> None:
    """The others are added."""
    for number in range(MAX_DESTINATIONS - 1):
        add(store, f"http://a{number}.example")
    assert follow(store, "http://one.example", "http://two.example") == ["http://two.example"]
    assert stored(store)[-1].address == "http://one.example"


def test_a_deleted_destination_leaves_nothing(store: Store) -> None:
    """Neither events nor log nor lease, and its number is not used again; others keep theirs."""
    kept, deleted = add(store), add(store, "http://b.example")
    publish(store, types.BookRemoved(book_id=7))
    with store.write() as work:
        work.deliveries.acquire(deleted.destination, "a", now=NOON, until=NOON)
        row = work.outbox.waiting(1, deleted.destination)[0]
        work.event_log.add(deleted.destination, row, None, attempts=1, at=NOON)
        work.destinations.remove(deleted.number)
        work.commit()
    with store.read() as work:
        assert deleted.destination not in work.outbox.lengths()
        assert deleted.destination not in work.deliveries.statuses()
        assert work.event_log.page(deleted.destination, limit=1).total == 0
        assert work.outbox.lengths()[kept.destination] == OutboxLength(1, NOON, 0)
        with pytest.raises(DestinationNotFound):
            work.destinations.get(deleted.number)
    assert add(store, "http://c.example").number > deleted.number


def test_remains_of_a_deleted_destination_are_removed(store: Store) -> None:
    """What another transaction wrote meanwhile; nothing of those that exist, of notices or of Recommendations."""
    kept, deleted = add(store), add(store, "http://b.example")
    publish(store, ORDER)
    execute(store, f"DELETE FROM event_destinations WHERE number = {deleted.number}")
    with store.write() as work:
        work.destinations.remove_remains()
        work.commit()
    with store.read() as work:
        lengths = work.outbox.lengths()
    assert deleted.destination not in lengths
    assert (lengths[kept.destination].waiting, lengths[NOTICES].waiting) == (1, 1)
