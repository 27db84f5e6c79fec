"""Payments as the shop sees them: what the provider tells when it calls back, and asking again when it does not."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum

import structlog

from marketplace.domain.callbacks import CallbackTokens, InvalidToken
from marketplace.domain.errors import OrderNotFound, StateConflict
from marketplace.domain.events import Destination, PaymentRequested
from marketplace.domain.orders import Actor, OrderState, is_order_id
from marketplace.store import Store
from marketplace.usecases.orders import change_state
from servicekit.clock import now

log = structlog.get_logger()

ASK_AGAIN_AFTER = timedelta(minutes=15)
ASKED_AT_ONCE = 100


class PaymentOutcome(Enum):
    """How a payment ended; its value is what the provider sends."""

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

    def settle(self, order_id: str, token: str, outcome: PaymentOutcome) -> bool:
        """The provider tells how an order's payment ended; False where it had told the shop so before.

        Raises InvalidToken, OrderNotFound, StoreUnavailable, and StateConflict where the order went another way.
        """
        try:
            self._tokens.check(token, order_id)
        except InvalidToken as refusal:
            # Anybody may have typed this, and what they typed stands in no log.
            known = order_id if is_order_id(order_id) else "malformed"
            log.warning("a callback about a payment was refused", order_id=known, why=refusal.why)
            raise
        # A token may come any number of times while it lives. That needs no list of used ones: an order comes into a
        # state once, so that the second time nothing changes, and nothing but its own order can change at all.
        try:
            changed = self._enter(order_id, _STATES[outcome])
        except OrderNotFound:
            log.warning("a callback about a payment was refused", order_id=order_id, why="unknown order")
            raise
        except StateConflict as conflict:
            states = str(conflict)
            # One that was on its way while its order was cancelled is no wonder, and is withdrawn.
            say = log.warning if states.startswith(OrderState.CANCELLED.value) else log.error
            say("a payment contradicts its order", order_id=order_id, why="conflict", states=states)
            raise
        if changed:
            self._wake()
        else:
            log.warning("a callback about a payment came again", order_id=order_id, why="repeated")
        return changed

    def request_overdue(self) -> int:
        """Ask again for payments of which nothing was heard; returns of how many.

        To the provider it is the same payment. Should the order be cancelled at this very moment, it may be asked for
        it after it was told to withdraw it, and leaves it withdrawn. Raises StoreUnavailable.
        """
        moment = self._clock()
        with self._store.write() as work:
            if work.outbox.lengths()[Destination.PAYMENTS].waiting:
                return 0  # the provider is away, and has yet to be asked for the first time
            overdue = work.orders.overdue(moment - ASK_AGAIN_AFTER, ASKED_AT_ONCE)
            for order_id, amount in overdue:
                work.outbox.add(PaymentRequested(order_id, amount), created_at=moment)
                work.orders.asked(order_id, moment)
            work.commit()
        if overdue:
            self._wake()
        return len(overdue)

    def _enter(self, order_id: str, state: OrderState) -> bool:
        with self._store.write() as work:
            try:
                changed = change_state(work, order_id, state, by=Actor.PROVIDER, moment=self._clock())
            except StateConflict:
                # What was told in time may be told again when the order has gone on, to its reader even.
                if any(change.state is state for change in work.orders.get(order_id).changes):
                    return False
                raise
            work.commit()
            return changed
