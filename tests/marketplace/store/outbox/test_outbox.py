"""Tests of marketplace.store.outbox: what was set aside, and how full it is."""

from datetime import timedelta

import pytest

from marketplace.domain.errors import EventNotFound
from marketplace.domain.events import BookChanged, Destination, PaymentRequested
from marketplace.domain.money import Money
from marketplace.store import Store
from marketplace.store.outbox.outbox import FailedEvent, OutboxLength
from tests.marketplace.fakes import NOON, FakeRecorder
from tests.marketplace.relay.relaying import add_clicks, add_events, relay, waiting

RECOMMENDATIONS, PAYMENTS = Destination.RECOMMENDATIONS, Destination.PAYMENTS


def set_aside(store: Store, *event_ids: int) -> None:
    """Set events aside that were tried twice."""
    with store.write() as work:
        for event_id in event_ids:
            work.outbox.count_attempt(event_id)
            work.outbox.count_attempt(event_id)
        work.outbox.mark_failed({event_id: f"reason {event_id}" for event_id in event_ids})
        work.commit()


def test_what_was_set_aside_is_listed_the_newest_first(store: Store) -> None:
    """With all that a moderator needs to judge, page by page."""
    add_clicks(store, "a", "b")
    add_events(store, PaymentRequested("7K3M", Money(1, "EUR")))
    set_aside(store, 1, 3)
    payment = FailedEvent(
        event_id=3, destination=PAYMENTS, kind="pay", reason="reason 3", created_at=NOON, attempts=2
    )
    with store.read() as work:
        assert work.outbox.failed(1) == [payment]
        assert [each.event_id for each in work.outbox.failed(9)] == [3, 1]
        assert [each.event_id for each in work.outbox.failed(9, offset=1)] == [1]


def test_what_is_retried_keeps_its_place(store: Store) -> None:
    """It is delivered before what came after it, with all its attempts before it."""
    add_clicks(store, "a", "b", "c")
    set_aside(store, 2)
    assert waiting(store) == ["a", "c"]
    with store.write() as work:
        work.outbox.retry(2)
        assert [row.attempts for row in work.outbox.waiting(9)] == [0, 0, 0]
        work.commit()
    recorder = FakeRecorder()
    relay(store, recorder).deliver()
    assert recorder.calls == [["a", "b", "c"]]


def test_all_of_a_destination_are_retried_or_all(store: Store) -> None:
    """Each knows how many that were; what waits anyway is none of them."""
    add_clicks(store, "a", "b", "c")
    add_events(store, PaymentRequested("7K3M", Money(1, "EUR")))
    set_aside(store, 1, 2, 4)
    with store.write() as work:
        assert work.outbox.retry_all(PAYMENTS) == 1
        assert [each.event_id for each in work.outbox.failed(9)] == [2, 1]
        assert work.outbox.retry_all() == 2
        assert work.outbox.retry_all() == 0
        assert work.outbox.length().waiting == 4


def test_what_is_discarded_is_told_to_nobody(store: Store) -> None:
    """It alone goes."""
    add_clicks(store, "a", "b")
    set_aside(store, 1)
    with store.write() as work:
        work.outbox.discard(1)
        assert work.outbox.length() == OutboxLength(waiting=1, oldest=NOON, failed=0)


@pytest.mark.parametrize("event_id", [1, 7])
def test_only_what_was_set_aside_can_be_retried_or_discarded(store: Store, event_id: int) -> None:
    """An event that waits is no such event, nor is one that never was."""
    add_clicks(store, "a")
    with store.write() as work:
        with pytest.raises(EventNotFound):
            work.outbox.retry(event_id)
        with pytest.raises(EventNotFound):
            work.outbox.discard(event_id)
    assert waiting(store) == ["a"]


def test_each_destination_has_its_length(store: Store) -> None:
    """And together they are the outbox's."""
    add_clicks(store, "a")
    with store.write() as work:
        work.outbox.add(BookChanged(7), created_at=NOON - timedelta(seconds=5))
        work.outbox.add(PaymentRequested("7K3M", Money(1, "EUR")), created_at=NOON)
        work.commit()
    set_aside(store, 3)
    with store.read() as work:
        oldest = NOON - timedelta(seconds=5)
        assert work.outbox.lengths() == {
            RECOMMENDATIONS: OutboxLength(2, oldest, 0),
            PAYMENTS: OutboxLength(0, None, 1),
        }
        assert work.outbox.length() == OutboxLength(2, oldest, 1)
