"""What the demo provider does: takes questions for payments up, decides them, and tells the shop. IT TAKES NO MONEY.

Everything is stored before it is acknowledged or told: killed at any moment, it goes on where it was. A payment is
decided once, and told at least once.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Protocol

import structlog

from payments.store import Payment, State, Store
from servicekit.clock import now

log = structlog.get_logger()

FIRST_WAIT = timedelta(seconds=1)
MAX_WAIT = timedelta(minutes=1)
_TOLD = (State.PAID, State.DECLINED)


class OtherAmount(Exception):
    """The payment was asked for with another amount: it is not the same one."""


class Shop(Protocol):
    """Whom the provider tells how a payment ended."""

    def call(self, url: str, token: str, outcome: str) -> int | None:
        """The status that the shop answers with; None where it gives no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is to be paid, and how to tell the shop that it was."""

    amount_minor: int
    currency: str
    callback_url: str
    callback_token: str


class Provider:
    """The use cases of the demo provider; `declines` is the share of payments that it declines."""

    def __init__(
        self,
        store: Store,
        shop: Shop,
        *,
        seconds: float = 0.0,
        declines: float = 0.0,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._store = store
        self._shop = shop
        self._until_decided = timedelta(seconds=seconds)
        self._declines = declines
        self._clock = clock

    def ask(self, payment_id: str, ask: Ask) -> Payment:
        """Take a payment up; asked again it is the same one, and the shop is told again how it ended.

        One that was withdrawn stays so. Raises OtherAmount.
        """
        moment = self._clock()
        with self._store.write() as work:
            known = work.get(payment_id)
            asked = _asked(payment_id, ask, moment + self._until_decided) if known is None else _renewed(known, ask)
            if asked.state in _TOLD:
                # Whoever asks does not know: nobody told them, or what they were told was lost.
                asked = replace(asked, call_at=moment, calls_failed=0)
            work.put(asked)
            work.commit()
        return asked

    def withdraw(self, payment_id: str) -> Payment:
        """Have a payment decided no more, and what was paid given back; repeated, it changes nothing."""
        with self._store.write() as work:
            known = work.get(payment_id) or Payment(id=payment_id, state=State.WITHDRAWN)
            after = {State.ASKED: State.WITHDRAWN, State.PAID: State.REFUNDED}.get(known.state, known.state)
            # Who withdraws a payment need not be told any more that it was made.
            withdrawn = replace(known, state=after, call_at=None)
            work.put(withdrawn)
            work.commit()
        if after is not known.state:
            log.info("a payment was withdrawn (demo)", payment_id=payment_id, state=after.value)
        return withdrawn

    def get(self, payment_id: str) -> Payment | None:
        """A payment as it is."""
        with self._store.read() as work:
            return work.get(payment_id)

    def step(self) -> bool:
        """Decide what is due, and make the call that has been due longest; False where there was none."""
        self._decide()
        with self._store.read() as work:
            payment = work.untold(self._clock())
        if payment is None:
            return False
        self._tell(payment)
        return True

    def _decide(self) -> None:
        moment = self._clock()
        with self._store.write() as work:
            due = work.undecided(moment)
            decided = [
                replace(payment, state=self._verdict(payment.id), decided_at=moment, call_at=moment)
                for payment in due
            ]
            for payment in decided:
                work.put(payment)
            work.commit()
        for payment in decided:
            log.info("a payment was decided (demo)", payment_id=payment.id, state=payment.state.value)

    def _tell(self, payment: Payment) -> None:
        status = self._shop.call(payment.callback_url, payment.callback_token, payment.state.value)
        again_at = None if _is_final(status) else self._clock() + _wait(payment.calls_failed)
        with self._store.write() as work:
            work.called(payment, again_at=again_at)
            work.commit()
        log.info("the shop was called (demo)", payment_id=payment.id, status=status, final=again_at is None)

    def _verdict(self, payment_id: str) -> State:
        # By the id alone: the same payment is always decided alike.
        drawn = int.from_bytes(hashlib.sha256(payment_id.encode()).digest()[:8]) / 2**64
        return State.DECLINED if drawn < self._declines else State.PAID


def _asked(payment_id: str, ask: Ask, decide_at: datetime) -> Payment:
    return Payment(
        id=payment_id,
        state=State.ASKED,
        amount_minor=ask.amount_minor,
        currency=ask.currency,
        callback_url=ask.callback_url,
        callback_token=ask.callback_token,
        decide_at=decide_at,
    )


def _renewed(known: Payment, ask: Ask) -> Payment:
    if known.amount_minor is not None and (known.amount_minor, known.currency) != (ask.amount_minor, ask.currency):
        raise OtherAmount
    return replace(known, callback_url=ask.callback_url, callback_token=ask.callback_token)


def _is_final(status: int | None) -> bool:
    """Whether to call again with the same token would bring nothing new.

    The shop heard it (2xx), knows better (409), or takes this token no more (401), and then asks anew. All else can
    be a fault of the shop or of the way there, and passes, at the latest with the token.
    """
    if status is None:
        return False
    is_heard = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    return is_heard or status in {HTTPStatus.CONFLICT, HTTPStatus.UNAUTHORIZED}


def _wait(calls_failed: int) -> timedelta:
    return min(MAX_WAIT, FIRST_WAIT * (1 << min(calls_failed, 16)))
