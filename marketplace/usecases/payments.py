"""Payments: the provider's callbacks, and repeated requests if none comes."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum

import structlog

from marketplace.domain.callbacks import CallbackTokens, InvalidToken
from marketplace.domain.errors import OrderNotFound, StateConflict
from marketplace.domain.events import PAYMENTS, PaymentRequested
from marketplace.domain.orders import Actor, OrderState, is_order_id
from marketplace.store import Store
from marketplace.usecases.orders import change_state
from servicekit.clock import now

log = structlog.get_logger()

REQUEST_AGAIN_AFTER = timedelta(minutes=15)
REQUEST_BATCH = 100


class PaymentOutcome(Enum):
    """How a payment ended; the value is what the provider sends."""

    PAID = "paid"
    DECLINED = "declined"


_STATES: Mapping[PaymentOutcome, OrderState] = {
    PaymentOutcome.PAID: OrderState.PAID,
    PaymentOutcome.DECLINED: OrderState.REJECTED,
}


class Payments:
    """The use cases of payments; `wake` is called after each commit that wrote an event."""

    def __init__(
        self,
        store: Store,
        tokens: CallbackTokens,
        *,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._wake = wake
        self._clock = clock

    def trace_of(self, order_id: str, token: str) -> str | None:
        """The trace in which the payment was requested, as a `traceparent`; None if the token names none."""
        try:
            return self._tokens.verify(token, order_id)
        except InvalidToken:
            return None

    def settle(self, order_id: str, token: str, outcome: PaymentOutcome) -> bool:
        """Apply the outcome of an order's payment; False if it was applied before.

        Raises InvalidToken, OrderNotFound, StoreUnavailable, and StateConflict if the outcome contradicts the order's
        state.
        """
        try:
            self._tokens.verify(token, order_id)
        except InvalidToken as error:
            # Anybody may have sent this: arbitrary text must not get into the log.
            logged_id = order_id if is_order_id(order_id) else "malformed"
            log.warning("payment_callback_rejected", order_id=logged_id, reason=error.reason)
            raise
        # A valid token may be replayed. It concerns one order, which enters each state only once, so no list of used
        # tokens is needed.
        try:
            changed = self._enter(order_id, _STATES[outcome])
        except OrderNotFound:
            log.warning("payment_callback_rejected", order_id=order_id, reason="unknown order")
            raise
        except StateConflict as conflict:
            states = str(conflict)
            # A payment may be confirmed just after its order was cancelled; the provider then refunds it.
            report = log.warning if states.startswith(OrderState.CANCELLED.value) else log.error
            report("payment_contradicts_order", order_id=order_id, states=states)
            raise
        if changed:
            self._wake()
        else:
            log.warning("payment_callback_repeated", order_id=order_id)
        return changed

    def request_overdue(self) -> int:
        """Request payments again that had no callback for 15 minutes; returns how many.

        To the provider a repeated request is the same payment, and a withdrawn one stays withdrawn.
        Raises StoreUnavailable.
        """
        moment = self._clock()
        with self._store.write() as work:
            if work.outbox.lengths()[PAYMENTS].waiting:
                return 0  # the provider is unreachable: the first requests still wait
            overdue = work.orders.overdue(moment - REQUEST_AGAIN_AFTER, REQUEST_BATCH)
            for order_id, amount in overdue:
                work.outbox.add(PaymentRequested(order_id, amount), created_at=moment)
                work.orders.payment_requested(order_id, moment)
            work.commit()
        if overdue:
            self._wake()
        return len(overdue)

    def _enter(self, order_id: str, state: OrderState) -> bool:
        with self._store.write() as work:
            try:
                changed = change_state(work, order_id, state, by=Actor.PROVIDER, moment=self._clock())
            except StateConflict:
                # A repeated callback may come after later changes of the order's state.
                if any(change.state is state for change in work.orders.get(order_id).changes):
                    return False
                raise
            work.commit()
            return changed
