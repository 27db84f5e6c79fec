"""The demo provider: accepts payment requests, decides them, and calls the shop back. IT TAKES NO MONEY.

Everything is stored before it is acknowledged or sent, so it continues after a kill at any moment. A payment is
decided once, and its callback is sent at least once.
"""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Protocol

import structlog

from payments.store import Payment, State, Store
from servicekit.clock import now

log = structlog.get_logger()

FIRST_WAIT = timedelta(seconds=1)
MAX_WAIT = timedelta(minutes=1)


class AmountMismatch(Exception):
    """The payment was requested before with another amount or currency."""


class CallbackRefused(Exception):
    """The callback would not go to the shop that the settings name."""


class Shop(Protocol):
    """The receiver of callbacks."""

    def call(self, url: str, token: str, outcome: str) -> int | None:
        """Send an outcome; returns the status of the response, None without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """An amount to be paid, and the callback for its outcome."""

    amount_minor: int
    currency: str
    callback_url: str
    callback_token: str


class Provider:
    """The use cases of the demo provider.

    `declines` is the share of payments that it declines; callbacks are made to URLs for which `is_shop` is true.
    """

    def __init__(
        self,
        store: Store,
        shop: Shop,
        *,
        seconds: float = 0.0,
        declines: float = 0.0,
        is_shop: Callable[[str], bool] = lambda _url: True,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._store = store
        self._shop = shop
        self._until_decided = timedelta(seconds=seconds)
        self._declines = declines
        self._is_shop = is_shop
        self._clock = clock

    def request(self, payment_id: str, request: PaymentRequest) -> Payment:
        """Accept a payment request; idempotent, but a repeated one also repeats the callback.

        A withdrawn payment stays withdrawn. Raises AmountMismatch and CallbackRefused.
        """
        if not self._is_shop(request.callback_url):
            raise CallbackRefused
        moment = self._clock()
        with self._store.write() as work:
            stored = work.get(payment_id)
            if stored is None:
                payment = _new(payment_id, request, decide_at=moment + self._until_decided)
            else:
                payment = _with_new_callback(stored, request)
            if payment.state in {State.PAID, State.DECLINED}:
                # The shop repeats a request if it does not know the outcome.
                payment = replace(payment, call_at=moment, calls_failed=0)
            work.put(payment)
            work.commit()
        return payment

    def withdraw(self, payment_id: str) -> Payment:
        """Withdraw a payment, with a refund if it was paid; idempotent."""
        with self._store.write() as work:
            stored = work.get(payment_id) or Payment(id=payment_id, state=State.WITHDRAWN)
            state = {State.REQUESTED: State.WITHDRAWN, State.PAID: State.REFUNDED}.get(stored.state, stored.state)
            # The shop no longer needs the callback.
            withdrawn = replace(stored, state=state, call_at=None)
            work.put(withdrawn)
            work.commit()
        if state is not stored.state:
            log.info("demo_payment_withdrawn", payment_id=payment_id, state=state.value)
        return withdrawn

    def get(self, payment_id: str) -> Payment | None:
        """A payment; None if it is unknown."""
        with self._store.read() as work:
            return work.get(payment_id)

    def step(self) -> bool:
        """Decide all payments that are due, and make the callback that has been due longest; False if none is."""
        self._decide()
        with self._store.read() as work:
            payment = work.next_callback(self._clock())
        if payment is None:
            return False
        self._call_back(payment)
        return True

    def _decide(self) -> None:
        moment = self._clock()
        with self._store.write() as work:
            decided = [
                replace(payment, state=self._outcome(payment.id), decided_at=moment, call_at=moment)
                for payment in work.undecided(moment)
            ]
            for payment in decided:
                work.put(payment)
            work.commit()
        for payment in decided:
            log.info("demo_payment_decided", payment_id=payment.id, state=payment.state.value)

    def _call_back(self, payment: Payment) -> None:
        if self._is_shop(payment.callback_url):
            status = self._shop.call(payment.callback_url, payment.callback_token, payment.state.value)
        else:  # the settings have changed since the request
            log.warning("demo_callback_refused", payment_id=payment.id)
            status = None
        again_at = None if _is_final(status) else self._clock() + _wait(payment.calls_failed)
        with self._store.write() as work:
            work.record_callback(payment, again_at=again_at)
            work.commit()
        log.info("demo_shop_called", payment_id=payment.id, status=status, final=again_at is None)

    def _outcome(self, payment_id: str) -> State:
        # From the id, so that the same payment always has the same outcome.
        number = int.from_bytes(hashlib.sha256(payment_id.encode()).digest()[:8]) / 2**64
        return State.DECLINED if number < self._declines else State.PAID


def _new(payment_id: str, request: PaymentRequest, *, decide_at: datetime) -> Payment:
    return Payment(id=payment_id, state=State.REQUESTED, decide_at=decide_at, **asdict(request))


def _with_new_callback(payment: Payment, request: PaymentRequest) -> Payment:
    amount = request.amount_minor, request.currency
    if payment.amount_minor is not None and (payment.amount_minor, payment.currency) != amount:
        raise AmountMismatch
    return replace(payment, callback_url=request.callback_url, callback_token=request.callback_token)


def _is_final(status: int | None) -> bool:
    """Whether repeating the callback is useless.

    The shop accepted it (2xx), has the order in another state (409), or rejects the token (401) and will request the
    payment again. Any other failure may be temporary; 401 ends the calls when the token expires.
    """
    if status is None:
        return False
    is_accepted = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    return is_accepted or status in {HTTPStatus.CONFLICT, HTTPStatus.UNAUTHORIZED}


def _wait(calls_failed: int) -> timedelta:
    return min(MAX_WAIT, FIRST_WAIT * (1 << min(calls_failed, 16)))
