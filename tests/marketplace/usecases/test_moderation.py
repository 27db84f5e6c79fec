"""What moderators do with orders and failed events, and the overview."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from marketplace.domain.books import Book
from marketplace.domain.errors import EventNotFound, NotSignedIn, OrderNotFound, StateConflict, StillModerator
from marketplace.domain.events import PaymentWithdrawn
from marketplace.domain.moderation import Action
from marketplace.domain.orders import Actor, OrderState
from tests.marketplace.ordering import accounts_of, buyer_of, log_of, moderator_of, order_of
from tests.marketplace.stored import events_of, put
from tests.marketplace.usecases.conftest import Desk


def test_an_order_is_shipped_and_delivered(desk: Desk) -> None:
    """Each change is logged once, and a repeated one changes nothing."""
    order_id = order_of(desk.store, buyer_of(desk.store), 7, 1, OrderState.PAID)
    assert desk.moderation.change_order_state(desk.by, order_id, OrderState.SHIPPED)
    assert not desk.moderation.change_order_state(desk.by, order_id, OrderState.SHIPPED)
    with pytest.raises(StateConflict):
        desk.moderation.change_order_state(desk.by, order_id, OrderState.CANCELLED)
    assert desk.moderation.change_order_state(desk.by, order_id, OrderState.DELIVERED)
    with desk.store.read() as work:
        changes = work.orders.get(order_id).changes
    assert [change.by for change in changes[2:]] == [Actor.MODERATOR] * 2
    entries = [(entry.subject, entry.detail) for entry in log_of(desk.store)]
    assert entries == [
        (order_id, {"from": "shipped", "to": "delivered"}),
        (order_id, {"from": "paid", "to": "shipped"}),
    ]


def test_a_cancelled_order_is_restocked_and_refunded(desk: Desk) -> None:
    """Also when the buyer is the moderator."""
    order_id = order_of(desk.store, desk.by, 7, 4, OrderState.PAID)
    assert desk.moderation.change_order_state(desk.by, order_id, OrderState.CANCELLED)
    assert desk.book().stock == 10
    assert PaymentWithdrawn(order_id) in events_of(desk.store)


@pytest.mark.parametrize("state", [OrderState.PLACED, OrderState.PAID, OrderState.REJECTED])
def test_moderators_cannot_set_payment_states(desk: Desk, state: OrderState) -> None:
    """Only the provider's callback can."""
    order_id = order_of(desk.store, buyer_of(desk.store), 7)
    with pytest.raises(ValueError, match="moderator"):
        desk.moderation.change_order_state(desk.by, order_id, state)


def test_an_unknown_order_is_not_changed(desk: Desk) -> None:
    """Nothing is logged."""
    with pytest.raises(OrderNotFound):
        desk.moderation.change_order_state(desk.by, "7K3M-9QXD-2TB4", OrderState.SHIPPED)
    assert log_of(desk.store) == []


def test_concurrent_moderators_do_not_deadlock(desk: Desk) -> None:
    """Two who buy from the shop change each other's orders and a book."""
    other = moderator_of(desk.store, "other@example.com")
    orders = [order_of(desk.store, reader_id, 7, 1, OrderState.PAID) for reader_id in (desk.by, other)]

    def work_on(number: int) -> None:
        moderator, order_id = (desk.by, other)[number % 2], orders[(number + 1) % 2]
        desk.moderation.change_order_state(moderator, order_id, OrderState.SHIPPED)
        desk.moderation.hide_book(moderator, 7)
        desk.moderation.show_book(moderator, 7)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work_on, range(8)))
    with desk.store.read() as work:
        assert {work.orders.get(order_id).state for order_id in orders} == {OrderState.SHIPPED}
    assert [entry.action for entry in log_of(desk.store)].count(Action.ORDER_STATE_CHANGED) == 2


def test_failed_events_are_retried(desk: Desk) -> None:
    """One or all; retries are logged, and an event that has not failed cannot be retried."""
    desk.moderation.hide_book(desk.by, 7)
    desk.moderation.show_book(desk.by, 7)
    with desk.store.write() as work:
        first, second = (row.event_id for row in work.outbox.waiting(10))
        work.outbox.mark_failed({first: "no", second: "no"})
        work.commit()
    assert desk.moderation.overview().failed_deliveries == 2
    desk.moderation.retry_event(desk.by, first)
    with pytest.raises(EventNotFound):
        desk.moderation.retry_event(desk.by, first)
    assert desk.moderation.retry_all_events(desk.by) == 1
    assert desk.moderation.retry_all_events(desk.by) == 0
    assert len(events_of(desk.store)) == 2
    entries = [(entry.action, entry.subject, entry.detail) for entry in log_of(desk.store)[:2]]
    assert entries == [(Action.EVENTS_RETRIED, "", {"count": 1}), (Action.EVENT_RETRIED, str(first), {})]


def test_the_overview_counts(desk: Desk) -> None:
    """Orders that need attention, sold-out books and hidden ones."""
    buyer = buyer_of(desk.store)
    order_of(desk.store, buyer, 7)
    order_of(desk.store, buyer, 7, 1, OrderState.PAID)
    put(desk.store, Book(id=8, title="Emma", stock=0), Book(id=9, title="Ulysses", stock=0))
    desk.moderation.hide_book(desk.by, 9)
    overview = desk.moderation.overview()
    assert (overview.awaiting_payment, overview.to_ship, overview.sold_out, overview.hidden) == (1, 1, 1, 1)


def test_a_deleted_moderator_changes_nothing(desk: Desk) -> None:
    """A moderator cannot be deleted; a former one can, and their audit entries stay."""
    accounts = accounts_of(desk.store)
    desk.moderation.hide_book(desk.by, 7)
    with pytest.raises(StillModerator):
        accounts.forget(desk.by, "correct horse")
    with desk.store.write() as work:
        work.accounts.set_moderator(desk.by, False)
        work.commit()
    accounts.forget(desk.by, "correct horse")
    assert [(entry.email, entry.action) for entry in log_of(desk.store)] == [(None, Action.BOOK_HIDDEN)]
    with pytest.raises(NotSignedIn):
        desk.moderation.show_book(desk.by, 7)
    assert desk.moderation.overview().hidden == 1
