"""What moderators do with destinations of events; each action is in the audit log."""

import pytest

from events import types
from events.signature import parse_secret
from marketplace.domain.errors import (
    DestinationExists,
    DestinationNotFound,
    DestinationOfSettings,
    InvalidDestination,
    NotSignedIn,
)
from marketplace.domain.moderation import Action
from marketplace.store import Store
from marketplace.usecases.destinations import Destinations
from tests.marketplace.fakes import NOON
from tests.marketplace.ordering import log_of, moderator_of

URL = "amqps://shop:s3cret@broker.example/books"


@pytest.fixture
def by(store: Store) -> int:
    """A moderator."""
    return moderator_of(store)


@pytest.fixture
def destinations(store: Store) -> Destinations:
    """The use cases at noon."""
    return Destinations(store, clock=lambda: NOON)


def actions(store: Store) -> list[Action]:
    """The audit log, oldest first; it has no password and no secret."""
    log = log_of(store)
    assert "s3cret" not in str(log)
    assert "whsec_" not in str(log)
    return [entry.action for entry in reversed(log)]


def test_a_destination_is_added_changed_and_deleted(store: Store, by: int, destinations: Destinations) -> None:
    """It has a random secret; what changes nothing is not logged."""
    added = destinations.add(by, f" {URL} ", [types.OrderPaid.type, types.OrderPlaced.type])
    assert parse_secret(added.secret) != destinations.add(by, "http://a.example", []).secret
    assert added.types == (types.OrderPlaced.type, types.OrderPaid.type)
    assert not destinations.change_types(by, added.number, added.types)
    assert destinations.change_types(by, added.number, [])
    assert not destinations.set_enabled(by, added.number, True)
    assert destinations.set_enabled(by, added.number, False)
    assert destinations.set_enabled(by, added.number, True)
    assert destinations.secret(by, added.number) == added.secret
    assert destinations.delete(by, added.number).number == added.number
    with pytest.raises(DestinationNotFound):
        destinations.delete(by, added.number)
    assert [state.stored.address for state in destinations.states()] == ["http://a.example"]
    assert actions(store) == [
        Action.DESTINATION_ADDED,
        Action.DESTINATION_ADDED,
        Action.DESTINATION_CHANGED,
        Action.DESTINATION_DISABLED,
        Action.DESTINATION_ENABLED,
        Action.SECRET_SHOWN,
        Action.DESTINATION_DELETED,
    ]


def test_what_is_not_valid_is_refused(store: Store, by: int, destinations: Destinations) -> None:
    """A private type, an unknown one, a malformed address, one that is there; nothing is logged."""
    destinations.follow_settings(["http://a.example"])
    number = destinations.states()[0].stored.number
    for kinds in ([types.NoticeRequested.type], ["marketplace.nothing"]):
        with pytest.raises(InvalidDestination):
            destinations.add(by, "http://b.example", kinds)
        with pytest.raises(InvalidDestination):
            destinations.change_types(by, number, kinds)
    with pytest.raises(InvalidDestination):
        destinations.add(by, "b.example", [])
    with pytest.raises(DestinationExists):
        destinations.add(by, "http://a.example", [])
    with pytest.raises(DestinationOfSettings):
        destinations.delete(by, number)
    assert actions(store) == []


def test_a_delivery_is_sent_again(store: Store, by: int, destinations: Destinations) -> None:
    """With the same id, and the relay is woken; what waits is counted."""
    woken = []
    destinations = Destinations(store, wake=lambda: woken.append(1), clock=lambda: NOON)
    destination = destinations.add(by, "http://a.example", [])
    with store.write() as work:
        work.outbox.publish(types.BookRemoved(book_id=7), at=NOON)
        row = work.outbox.waiting(1, destination.destination)[0]
        work.event_log.add(destination.destination, row, None, attempts=1, at=NOON)
        work.outbox.remove([row.event_id])
        entry = work.event_log.page(destination.destination, limit=1).rows[0]
        work.commit()
    assert destinations.repeat(by, destination.number, entry.entry_id).event_id == entry.event_id
    assert woken
    assert destinations.states()[0].length.waiting == 1
    with store.read() as work:
        assert work.outbox.waiting(1, destination.destination)[0].payload["id"] == entry.event_id
    assert actions(store)[-1] is Action.DELIVERY_REPEATED
    destinations.prune()


def test_a_deleted_moderator_changes_nothing(store: Store, destinations: Destinations) -> None:
    """Their session may still be open."""
    with pytest.raises(NotSignedIn):
        destinations.add(1_999_999_999, "http://a.example", [])
    assert destinations.states() == []
