"""Tests of marketplace.payments."""

from datetime import timedelta

import pytest
import structlog

from marketplace.domain.callbacks import CallbackTokens, Forged, WrongOrder
from marketplace.domain.errors import OrderNotFound, StateConflict
from marketplace.domain.events import Destination, PaymentRequested, ShopEvent
from marketplace.domain.money import Money
from marketplace.domain.orders import Actor, OrderState, new_order_id
from marketplace.store import Store
from marketplace.usecases.payments import ASK_AGAIN_AFTER, ASKED_AT_ONCE, PaymentOutcome, Payments
from tests.marketplace.fakes import NOON, Clock
from tests.marketplace.placed import bring, place, state_of

TOKENS = CallbackTokens("a key of a shop")
PAID, DECLINED = PaymentOutcome.PAID, PaymentOutcome.DECLINED


class Shop:
    """The use cases over one store, by a clock that moves only when told; counts how often it woke the relay."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = Clock()
        self.woken: list[OrderState] = []
        self.payments = Payments(store, TOKENS, wake=self._wake, clock=self.clock.now)
        self.order = place(store)

    def settle(self, outcome: PaymentOutcome) -> bool:
        return self.payments.settle(self.order, TOKENS.issue(self.order), outcome)

    def events(self) -> list[ShopEvent]:
        with self.store.read() as work:
            return [row.event() for each in Destination for row in work.outbox.waiting(1000, each)]

    def deliver(self) -> list[ShopEvent]:
        """Have all events be told; returns them."""
        told = self.events()
        with self.store.write() as work:
            work.outbox.remove([row.event_id for each in Destination for row in work.outbox.waiting(1000, each)])
            work.commit()
        return told

    def _wake(self) -> None:
        # What another transaction sees now was committed before.
        self.woken.append(state_of(self.store, self.order))


@pytest.fixture
def shop(store: Store) -> Shop:
    """A shop with one order that waits for its payment."""
    return Shop(store)


@pytest.mark.parametrize(("outcome", "state"), [(PAID, OrderState.PAID), (DECLINED, OrderState.REJECTED)])
def test_an_outcome_changes_the_order(shop: Shop, outcome: PaymentOutcome, state: OrderState) -> None:
    """By the provider, at that moment, committed before the relay is woken."""
    shop.clock.seconds += 7
    assert shop.settle(outcome)
    assert shop.woken == [state]
    with shop.store.read() as work:
        change = work.orders.get(shop.order).changes[-1]
    assert (change.state, change.by, change.at) == (state, Actor.PROVIDER, NOON + timedelta(seconds=7))


@pytest.mark.parametrize("outcome", [PAID, DECLINED])
def test_the_same_token_may_come_again(shop: Shop, outcome: PaymentOutcome) -> None:
    """It changes nothing and wakes nobody; the log says that it was a repetition."""
    token = TOKENS.issue(shop.order)
    assert shop.payments.settle(shop.order, token, outcome)
    before = shop.events()
    with structlog.testing.capture_logs() as logs:
        assert not shop.payments.settle(shop.order, token, outcome)
        assert not shop.settle(outcome)
    assert [(each["log_level"], each["order_id"], each["why"]) for each in logs] == [
        ("warning", shop.order, "repeated")
    ] * 2
    assert shop.events() == before
    assert len(shop.woken) == 1


@pytest.mark.parametrize(
    "later",
    [
        (OrderState.SHIPPED,),
        (OrderState.SHIPPED, OrderState.DELIVERED),
        (OrderState.CANCELLED,),
    ],
)
def test_a_payment_is_repeated_after_the_order_went_on(shop: Shop, later: tuple[OrderState, ...]) -> None:
    """An acknowledgement may be lost and the parcel be under way: the order stays as it is, and it is no conflict."""
    shop.settle(PAID)
    bring(shop.store, shop.order, *later)
    assert not shop.settle(PAID)
    assert state_of(shop.store, shop.order) is later[-1]


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        ((OrderState.PAID,), DECLINED),
        ((OrderState.REJECTED,), PAID),
        ((OrderState.CANCELLED,), PAID),
        ((OrderState.CANCELLED,), DECLINED),
        ((OrderState.PAID, OrderState.SHIPPED), DECLINED),
        ((OrderState.PAID, OrderState.CANCELLED), DECLINED),
    ],
)
def test_what_contradicts_the_order_changes_nothing(
    shop: Shop, states: tuple[OrderState, ...], outcome: PaymentOutcome
) -> None:
    """A line of the log names the order and both states: an error, unless the order was cancelled meanwhile."""
    bring(shop.store, shop.order, *states)
    before = shop.events()
    with structlog.testing.capture_logs() as logs, pytest.raises(StateConflict):
        shop.settle(outcome)
    to = {PAID: "paid", DECLINED: "rejected"}[outcome]
    (line,) = logs
    level = "warning" if states[-1] is OrderState.CANCELLED else "error"
    assert (line["log_level"], line["order_id"], line["why"]) == (level, shop.order, "conflict")
    assert line["states"] == f"{states[-1].value} → {to}"
    assert state_of(shop.store, shop.order) is states[-1]
    assert shop.events() == before
    assert shop.woken == []


def test_a_token_that_does_not_speak_for_the_order_does_nothing(shop: Shop) -> None:
    """Forged, or of another order: the log tells which, and never the token."""
    other = place(shop.store)
    token, forged = TOKENS.issue(other), CallbackTokens("another key").issue(shop.order)
    with structlog.testing.capture_logs() as logs:
        with pytest.raises(WrongOrder):
            shop.payments.settle(shop.order, token, PAID)
        with pytest.raises(Forged):
            shop.payments.settle(shop.order, forged, PAID)
    assert [(each["log_level"], each["why"]) for each in logs] == [("warning", "other order"), ("warning", "forged")]
    assert token not in str(logs)
    assert forged not in str(logs)
    assert state_of(shop.store, shop.order) is state_of(shop.store, other) is OrderState.PLACED


def test_an_order_that_is_none_is_not_found(shop: Shop) -> None:
    """With a good token: the shop's database may be older than the provider's."""
    unknown = new_order_id()
    with structlog.testing.capture_logs() as logs, pytest.raises(OrderNotFound):
        shop.payments.settle(unknown, TOKENS.issue(unknown), PAID)
    assert [(each["log_level"], each["order_id"], each["why"]) for each in logs] == [
        ("warning", unknown, "unknown order")
    ]


def test_what_was_typed_instead_of_a_number_is_not_logged(shop: Shop) -> None:
    """Nobody writes into the log by an address."""
    for typed in ("ann@example.com", "\x1b[2J", "7K3M-9QXD-2TB4\r"):
        with structlog.testing.capture_logs() as logs, pytest.raises(Forged):
            shop.payments.settle(typed, "x", PAID)
        assert [(each["order_id"], each["why"]) for each in logs] == [("malformed", "forged")]


def test_an_order_of_which_nothing_is_heard_is_asked_for_again(shop: Shop) -> None:
    """After a quarter of an hour, for the same amount, and then after the next one."""
    asked = PaymentRequested(shop.order, Money(999, "EUR"))
    for times in (1, 2):
        shop.clock.seconds += ASK_AGAIN_AFTER.total_seconds()
        assert shop.payments.request_overdue() == 0
        shop.clock.seconds += 1
        assert shop.payments.request_overdue() == 1
        assert shop.payments.request_overdue() == 0
        assert shop.deliver() == [asked]
        assert len(shop.woken) == times
    assert timedelta(minutes=15) == ASK_AGAIN_AFTER


@pytest.mark.parametrize("state", [OrderState.PAID, OrderState.REJECTED, OrderState.CANCELLED])
def test_an_order_that_is_settled_is_not_asked_for_again(shop: Shop, state: OrderState) -> None:
    """Only one that waits for its payment is."""
    bring(shop.store, shop.order, state)
    before = shop.events()
    shop.clock.seconds += 86_400
    assert shop.payments.request_overdue() == 0
    assert shop.events() == before
    assert shop.woken == []


def test_many_are_asked_for_in_turns(shop: Shop) -> None:
    """So that no transaction is long, whatever has piled up."""
    for _ in range(ASKED_AT_ONCE):
        place(shop.store)
    shop.clock.seconds += 86_400
    told: list[ShopEvent] = []
    for expected in (ASKED_AT_ONCE, 1, 0):
        assert shop.payments.request_overdue() == expected
        told += shop.deliver()
    assert len({event.order_id for event in told if isinstance(event, PaymentRequested)}) == ASKED_AT_ONCE + 1


def test_nobody_is_asked_again_while_the_provider_is_away(shop: Shop) -> None:
    """What waits for it is told first: an outage does not fill the outbox."""
    shop.clock.seconds += 86_400
    assert shop.payments.request_overdue() == 1
    shop.clock.seconds += 86_400
    assert shop.payments.request_overdue() == 0
    assert len(shop.events()) == 1
