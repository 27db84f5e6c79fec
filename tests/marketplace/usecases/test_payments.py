"""The payment provider's callbacks, and repeated payment requests."""

from datetime import timedelta

import pytest
import structlog

from marketplace.domain.callbacks import CallbackTokens, Forged, WrongOrder
from marketplace.domain.errors import OrderNotFound, StateConflict
from marketplace.domain.events import PAYMENTS, Message, PaymentRequested
from marketplace.domain.money import Money
from marketplace.domain.orders import Actor, OrderState, new_order_id
from marketplace.store import Store
from marketplace.usecases.payments import REQUEST_AGAIN_AFTER, REQUEST_BATCH, PaymentOutcome, Payments
from tests.marketplace.fakes import NOON, Clock
from tests.marketplace.ordering import change_states, state_of, store_order
from tests.marketplace.stored import events_of

TOKENS = CallbackTokens("a key of a shop")
PAID, DECLINED = PaymentOutcome.PAID, PaymentOutcome.DECLINED


class Shop:
    """A shop with one order that awaits payment; `woken` has its state at each wake-up of the relay."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = Clock()
        self.woken: list[OrderState] = []
        self.payments = Payments(store, TOKENS, wake=self._wake, clock=self.clock.now)
        self.order = store_order(store)

    def settle(self, outcome: PaymentOutcome) -> bool:
        return self.payments.settle(self.order, TOKENS.issue(self.order), outcome)

    def events(self) -> list[Message]:
        return events_of(self.store)

    def deliver(self) -> list[Message]:
        events = self.events()
        with self.store.write() as work:
            work.outbox.remove([row.event_id for row in work.outbox.waiting(1000, PAYMENTS)])
            work.commit()
        return events

    def _wake(self) -> None:
        # Read in another transaction, which sees only what was committed.
        self.woken.append(state_of(self.store, self.order))


@pytest.fixture
def shop(store: Store) -> Shop:
    """A shop with one order that awaits payment."""
    return Shop(store)


@pytest.mark.parametrize(("outcome", "state"), [(PAID, OrderState.PAID), (DECLINED, OrderState.REJECTED)])
def test_an_outcome_changes_the_order(shop: Shop, outcome: PaymentOutcome, state: OrderState) -> None:
    """The change names the provider and the time, and is committed before the relay is woken."""
    shop.clock.seconds += 7
    assert shop.settle(outcome)
    assert shop.woken == [state]
    with shop.store.read() as work:
        change = work.orders.get(shop.order).changes[-1]
    assert (change.state, change.by, change.at) == (state, Actor.PROVIDER, NOON + timedelta(seconds=7))


@pytest.mark.parametrize("outcome", [PAID, DECLINED])
def test_a_repeated_callback_changes_nothing(shop: Shop, outcome: PaymentOutcome) -> None:
    """It is logged, and does not wake the relay."""
    token = TOKENS.issue(shop.order)
    assert shop.payments.settle(shop.order, token, outcome)
    before = shop.events()
    with structlog.testing.capture_logs() as logs:
        assert not shop.payments.settle(shop.order, token, outcome)
        assert not shop.settle(outcome)
    repeated = {"event": "payment_callback_repeated", "log_level": "warning", "order_id": shop.order}
    assert logs == [repeated] * 2
    assert shop.events() == before
    assert len(shop.woken) == 1


@pytest.mark.parametrize(
    "later",
    [(OrderState.SHIPPED,), (OrderState.SHIPPED, OrderState.DELIVERED), (OrderState.CANCELLED,)],
)
def test_a_repeated_callback_after_a_later_state_is_no_conflict(shop: Shop, later: tuple[OrderState, ...]) -> None:
    """The provider's acknowledgement may have been lost: the order keeps its later state."""
    shop.settle(PAID)
    change_states(shop.store, shop.order, *later)
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
def test_an_outcome_that_contradicts_the_order_changes_nothing(
    shop: Shop, states: tuple[OrderState, ...], outcome: PaymentOutcome
) -> None:
    """It is logged with both states, as an error unless the order was cancelled."""
    change_states(shop.store, shop.order, *states)
    before = shop.events()
    with structlog.testing.capture_logs() as logs, pytest.raises(StateConflict):
        shop.settle(outcome)
    to = {PAID: "paid", DECLINED: "rejected"}[outcome]
    level = "warning" if states[-1] is OrderState.CANCELLED else "error"
    expected = {"event": "payment_contradicts_order", "order_id": shop.order, "log_level": level}
    assert logs == [{**expected, "states": f"{states[-1].value} → {to}"}]
    assert state_of(shop.store, shop.order) is states[-1]
    assert shop.events() == before
    assert shop.woken == []


def test_an_invalid_token_changes_nothing(shop: Shop) -> None:
    """Whether forged or for another order; the log has the reason but not the token."""
    other = store_order(shop.store)
    token, forged = TOKENS.issue(other), CallbackTokens("another key").issue(shop.order)
    with structlog.testing.capture_logs() as logs:
        with pytest.raises(WrongOrder):
            shop.payments.settle(shop.order, token, PAID)
        with pytest.raises(Forged):
            shop.payments.settle(shop.order, forged, PAID)
    assert {line["event"] for line in logs} == {"payment_callback_rejected"}
    assert [(line["log_level"], line["reason"]) for line in logs] == [
        ("warning", "other order"),
        ("warning", "forged"),
    ]
    assert token not in str(logs)
    assert forged not in str(logs)
    assert state_of(shop.store, shop.order) is state_of(shop.store, other) is OrderState.PLACED


def test_a_valid_token_for_an_unknown_order_is_rejected(shop: Shop) -> None:
    """The shop's database may have been restored from an old backup."""
    unknown = new_order_id()
    with structlog.testing.capture_logs() as logs, pytest.raises(OrderNotFound):
        shop.payments.settle(unknown, TOKENS.issue(unknown), PAID)
    assert [(line["log_level"], line["order_id"], line["reason"]) for line in logs] == [
        ("warning", unknown, "unknown order")
    ]


def test_a_malformed_order_number_is_not_logged(shop: Shop) -> None:
    """A caller cannot write into the log through the URL."""
    for typed in ("ann@example.com", "\x1b[2J", "7K3M-9QXD-2TB4\r"):
        with structlog.testing.capture_logs() as logs, pytest.raises(Forged):
            shop.payments.settle(typed, "x", PAID)
        assert [(line["order_id"], line["reason"]) for line in logs] == [("malformed", "forged")]


def test_a_payment_without_callback_is_requested_again(shop: Shop) -> None:
    """Every 15 minutes, for the same amount."""
    request = PaymentRequested(shop.order, Money(999, "EUR"))
    for times in (1, 2):
        shop.clock.seconds += REQUEST_AGAIN_AFTER.total_seconds()
        assert shop.payments.request_overdue() == 0
        shop.clock.seconds += 1
        assert shop.payments.request_overdue() == 1
        assert shop.payments.request_overdue() == 0
        assert shop.deliver() == [request]
        assert len(shop.woken) == times
    assert timedelta(minutes=15) == REQUEST_AGAIN_AFTER


@pytest.mark.parametrize("state", [OrderState.PAID, OrderState.REJECTED, OrderState.CANCELLED])
def test_a_settled_payment_is_not_requested_again(shop: Shop, state: OrderState) -> None:
    """Only orders that await payment are overdue."""
    change_states(shop.store, shop.order, state)
    before = shop.events()
    shop.clock.seconds += 86_400
    assert shop.payments.request_overdue() == 0
    assert shop.events() == before
    assert shop.woken == []


def test_overdue_payments_are_requested_in_batches(shop: Shop) -> None:
    """Transactions stay short even if many orders are overdue."""
    for _ in range(REQUEST_BATCH):
        store_order(shop.store)
    shop.clock.seconds += 86_400
    events: list[Message] = []
    for expected in (REQUEST_BATCH, 1, 0):
        assert shop.payments.request_overdue() == expected
        events += shop.deliver()
    assert len({event.order_id for event in events if isinstance(event, PaymentRequested)}) == REQUEST_BATCH + 1


def test_no_payment_is_requested_again_while_the_provider_is_unreachable(shop: Shop) -> None:
    """An outage does not fill the outbox."""
    shop.clock.seconds += 86_400
    assert shop.payments.request_overdue() == 1
    shop.clock.seconds += 86_400
    assert shop.payments.request_overdue() == 0
    assert len(shop.events()) == 1
