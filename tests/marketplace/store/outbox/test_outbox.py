"""Failed events, and the length of the outbox."""

from datetime import timedelta

import pytest

from marketplace.domain.errors import EventNotFound
from marketplace.domain.events import (
    LIVE,
    NOTICES,
    PAYMENTS,
    PREVIEWS,
    RECOMMENDATIONS,
    BookChanged,
    PaymentRequested,
)
from marketplace.domain.money import Money
from marketplace.store import Store
from marketplace.store.outbox.outbox import FailedEvent, OutboxLength
from tests.marketplace.fakes import NOON, FakeRecorder
from tests.marketplace.relay.relaying import add_clicks, add_events, relay, waiting


def mark_failed(store: Store, *event_ids: int) -> None:
    with store.write() as work:
        for event_id in event_ids:
            work.outbox.count_attempt(event_id)
            work.outbox.count_attempt(event_id)
        work.outbox.mark_failed({event_id: f"reason {event_id}" for event_id in event_ids})
        work.commit()


def test_failed_events_are_listed_newest_first(store: Store) -> None:
    """With all details, page by page."""
    add_clicks(store, "a", "b")
    add_events(store, PaymentRequested("7K3M", Money(1, "EUR")))
    mark_failed(store, 1, 3)
    payment = FailedEvent(
        event_id=3, destination=PAYMENTS, kind="pay", reason="reason 3", created_at=NOON, attempts=2
    )
    with store.read() as work:
        assert work.outbox.failed(1) == [payment]
        assert [event.event_id for event in work.outbox.failed(9)] == [3, 1]
        assert [event.event_id for event in work.outbox.failed(9, offset=1)] == [1]


def test_a_retried_event_keeps_its_position(store: Store) -> None:
    """It is delivered before later events, with a full number of attempts."""
    add_clicks(store, "a", "b", "c")
    mark_failed(store, 2)
    assert waiting(store) == ["a", "c"]
    with store.write() as work:
        work.outbox.retry(2)
        assert [row.attempts for row in work.outbox.waiting(9)] == [0, 0, 0]
        work.commit()
    recorder = FakeRecorder()
    relay(store, recorder).deliver()
    assert recorder.calls == [["a", "b", "c"]]


def test_failed_events_of_one_or_all_destinations_are_retried(store: Store) -> None:
    """The number of retried events is returned; waiting ones are not counted."""
    add_clicks(store, "a", "b", "c")
    add_events(store, PaymentRequested("7K3M", Money(1, "EUR")))
    mark_failed(store, 1, 2, 4)
    with store.write() as work:
        assert work.outbox.retry_all(PAYMENTS) == 1
        assert [event.event_id for event in work.outbox.failed(9)] == [2, 1]
        assert work.outbox.retry_all() == 2
        assert work.outbox.retry_all() == 0
        assert work.outbox.length().waiting == 4


@pytest.mark.parametrize("event_id", [1, 7])
def test_only_failed_events_can_be_retried(store: Store, event_id: int) -> None:
    """Neither a waiting event nor an unknown one."""
    add_clicks(store, "a")
    with store.write() as work, pytest.raises(EventNotFound):
        work.outbox.retry(event_id)
    assert waiting(store) == ["a"]


def test_each_destination_has_its_length(store: Store) -> None:
    """The lengths add up to the outbox's."""
    add_clicks(store, "a")
    with store.write() as work:
        work.outbox.add(BookChanged(7), created_at=NOON - timedelta(seconds=5))
        work.outbox.add(PaymentRequested("7K3M", Money(1, "EUR")), created_at=NOON)
        work.commit()
    mark_failed(store, 3)
    with store.read() as work:
        oldest = NOON - timedelta(seconds=5)
        assert work.outbox.lengths() == {
            RECOMMENDATIONS: OutboxLength(2, oldest, 0),
            PAYMENTS: OutboxLength(0, None, 1),
            NOTICES: OutboxLength(),
            PREVIEWS: OutboxLength(),
            LIVE: OutboxLength(),
        }
        assert work.outbox.length() == OutboxLength(2, oldest, 1)
