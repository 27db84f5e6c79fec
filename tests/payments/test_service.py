"""Tests of payments.service: each payment is decided once and called back, whatever happens."""

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.service import FIRST_WAIT, MAX_WAIT, AmountMismatch, Provider
from payments.store import State
from tests.payments.conftest import REQUEST, Demo
from tests.payments.fakes import Clock, FakeShop, Killed

PAID = ("http://shop/7", "token-1", "paid")


def kill() -> None:
    raise Killed


def test_a_payment_is_decided_after_its_delay_and_called_back_once(demo: Demo) -> None:
    """With the URL and the token of the request."""
    assert demo.request().state is State.REQUESTED
    demo.run(2.9)
    assert demo.state() is State.REQUESTED
    demo.run(0.1)
    assert demo.state() is State.PAID
    demo.run(86_400)
    assert demo.shop.calls == [PAID]


def test_a_declined_payment_is_called_back_too(declining: Demo) -> None:
    """With its own outcome."""
    declining.request()
    declining.run(3)
    assert declining.state() is State.DECLINED
    assert declining.shop.calls == [("http://shop/7", "token-1", "declined")]


def test_the_share_of_declined_payments_is_as_configured(demo: Demo) -> None:
    """The same payments are always declined, and a larger share adds others."""

    def declined(share: float) -> set[str]:
        provider = Provider(demo.store, demo.shop, declines=share, clock=demo.clock)
        return {name for name in names if provider._outcome(name) is State.DECLINED}

    names = [f"order-{number}" for number in range(2000)]
    assert 140 < len(declined(0.1)) < 260
    assert declined(0.1) == declined(0.1) < declined(0.5)
    assert declined(0) == set()
    assert declined(1) == set(names)


def test_a_repeated_request_is_the_same_payment(demo: Demo) -> None:
    """It is decided once, at the time of the first request, and called back with the newest token."""
    demo.request()
    demo.clock.forward(2)
    assert demo.request(token="token-2").state is State.REQUESTED
    demo.run(1)
    assert demo.shop.calls == [("http://shop/7", "token-2", "paid")]
    demo.run(86_400)
    assert len(demo.shop.calls) == 1


def test_a_repeated_request_with_another_amount_is_refused(demo: Demo) -> None:
    """Neither another sum nor another currency; the first request stays."""
    demo.request()
    for other in (
        replace(REQUEST, amount_minor=998, callback_token="x"),
        replace(REQUEST, currency="USD", callback_token="x"),
    ):
        with pytest.raises(AmountMismatch):
            demo.provider.request("a", other)
    demo.run(3)
    assert demo.shop.calls == [PAID]


def test_a_request_after_the_decision_repeats_the_callback(demo: Demo) -> None:
    """Even if the callback was acknowledged; the decision and its time stay."""
    demo.request()
    demo.run(3)
    decided = demo.provider.get("a")
    demo.clock.forward(900)
    demo.request(token="token-2")
    demo.run()
    assert demo.shop.calls == [PAID, ("http://shop/7", "token-2", "paid")]
    assert demo.provider.get("a") == replace(decided, callback_token="token-2")  # type: ignore[type-var]


@pytest.mark.parametrize("status", [None, 301, 400, 403, 404, 408, 413, 425, 429, 500, 502, 503, 504])
def test_an_unacknowledged_callback_is_repeated(demo: Demo, status: int | None) -> None:
    """After one second, two, four and so on, up to a minute, for as long as it takes."""
    demo.shop.status = status
    demo.request()
    demo.run(3)
    wait = FIRST_WAIT
    for calls in range(1, 10):
        assert len(demo.shop.calls) == calls
        demo.run(wait.total_seconds() - 0.001)
        assert len(demo.shop.calls) == calls
        demo.run(0.001)
        wait = min(wait * 2, MAX_WAIT)
    demo.shop.status = 200
    demo.run(60)
    demo.run(86_400)
    assert demo.shop.calls == [PAID] * 11
    assert timedelta(minutes=1) == MAX_WAIT


def test_a_repeated_request_resets_the_backoff(demo: Demo) -> None:
    """The shop is called at once, and again a second later if that fails."""
    demo.shop.status = None
    demo.request()
    demo.run(3)
    for _ in range(9):
        demo.run(60)
    calls = len(demo.shop.calls)
    demo.request(token="token-2")
    demo.run()
    assert len(demo.shop.calls) == calls + 1
    demo.run(1)
    assert len(demo.shop.calls) == calls + 2


@pytest.mark.parametrize("status", [200, 201, 204, 409])
def test_an_acknowledged_callback_is_not_repeated(demo: Demo, status: int) -> None:
    """409 is an answer too: the order is in another state."""
    demo.shop.status = status
    demo.request()
    demo.run(3)
    demo.run(86_400)
    assert demo.shop.calls == [PAID]


def test_after_a_rejected_token_the_callback_waits_for_a_new_one(demo: Demo) -> None:
    """401: no call is made until the shop requests the payment again."""
    demo.shop.status = 401
    demo.request()
    demo.run(3)
    demo.run(86_400)
    assert len(demo.shop.calls) == 1
    demo.shop.status = 200
    demo.request(token="token-2")
    demo.run()
    assert demo.shop.calls[1:] == [("http://shop/7", "token-2", "paid")]


def test_a_request_during_a_callback_is_called_back_too(demo: Demo) -> None:
    """The response for the old token does not count for the new one."""
    demo.request()

    def request_again() -> None:
        demo.shop.after = lambda: None
        demo.request(token="token-2")

    demo.shop.after = request_again
    demo.run(3)
    assert [token for _, token, _ in demo.shop.calls] == ["token-1", "token-2"]


def test_a_failing_callback_delays_no_other(demo: Demo) -> None:
    """Each payment has a backoff of its own."""
    demo.request("a")
    demo.shop.status = None
    demo.run(3)
    demo.shop.status = 200
    demo.provider.request("b", replace(REQUEST, callback_url="http://shop/8"))
    demo.clock.forward(3)
    demo.run()
    assert [url for url, _, _ in demo.shop.calls] == ["http://shop/7", "http://shop/7", "http://shop/8"]


def test_withdrawn_before_the_decision_it_is_never_decided(demo: Demo) -> None:
    """No callback is made, also after a repeated request or withdrawal."""
    demo.request()
    for _ in range(2):
        assert demo.provider.withdraw("a").state is State.WITHDRAWN
    assert demo.request().state is State.WITHDRAWN
    demo.run(86_400)
    assert demo.state() is State.WITHDRAWN
    assert demo.shop.calls == []


def test_withdrawn_before_it_was_requested_it_stays_withdrawn(demo: Demo) -> None:
    """The request comes too late, whatever its amount."""
    assert demo.provider.withdraw("a").state is State.WITHDRAWN
    assert demo.request().state is State.WITHDRAWN
    demo.run(86_400)
    assert demo.shop.calls == []


def test_withdrawn_after_it_was_paid_it_is_refunded_once(demo: Demo) -> None:
    """It stays refunded after repeated requests and withdrawals; no callback is made."""
    demo.request()
    demo.run(3)
    for _ in range(2):
        assert demo.provider.withdraw("a").state is State.REFUNDED
    assert demo.request().state is State.REFUNDED
    demo.run(86_400)
    assert demo.shop.calls == [PAID]


def test_withdrawn_during_the_callback_it_is_refunded(demo: Demo) -> None:
    """The response changes nothing, and the call is not repeated."""
    demo.shop.status = None

    def withdraw() -> None:
        demo.provider.withdraw("a")

    demo.shop.before = withdraw
    demo.request()
    demo.run(3)
    demo.run(86_400)
    assert demo.state() is State.REFUNDED
    assert demo.shop.calls == [PAID]


def test_withdrawn_after_it_was_declined_it_stays_declined(declining: Demo) -> None:
    """There is nothing to refund."""
    declining.request()
    declining.run(3)
    assert declining.provider.withdraw("a").state is State.DECLINED


def test_killed_before_the_acknowledgement_the_request_is_kept(demo: Demo) -> None:
    """The shop repeats it, and it is one payment, due at its first time."""
    demo.request()
    demo.restart()
    demo.clock.forward(2)
    demo.request(token="token-2")
    demo.run(1)
    assert demo.shop.calls == [("http://shop/7", "token-2", "paid")]


def test_killed_without_a_repeated_request_it_is_decided_anyway(demo: Demo) -> None:
    """A stored request needs no repetition."""
    demo.request()
    demo.restart()
    demo.run(3)
    assert demo.shop.calls == [PAID]


def test_killed_between_decision_and_callback_it_is_called_back(demo: Demo) -> None:
    """It is decided once: the time of the decision stays."""
    demo.request()
    demo.clock.forward(3)
    demo.shop.before = kill
    demo.run_until_killed()
    decided = demo.provider.get("a")
    assert decided is not None
    assert (decided.state, decided.decided_at) == (State.PAID, demo.clock.moment)
    assert demo.shop.calls == []
    demo.run(60)
    assert demo.shop.calls == [PAID]
    assert demo.provider.get("a") == replace(decided, call_at=None)


def test_killed_after_the_callback_it_is_called_back_again(demo: Demo) -> None:
    """With the same outcome."""
    demo.request()
    demo.clock.forward(3)
    demo.shop.after = kill
    demo.run_until_killed()
    assert demo.shop.calls == [PAID]
    demo.run()
    demo.run(86_400)
    assert demo.shop.calls == [PAID, PAID]


def test_killed_after_a_withdrawal_it_stays_withdrawn(demo: Demo) -> None:
    """Or refunded, if it was paid."""
    demo.request("a")
    demo.provider.withdraw("a")
    demo.request("b")
    demo.restart()
    demo.run(3)
    demo.provider.withdraw("b")
    demo.restart()
    demo.run(86_400)
    assert (demo.state("a"), demo.state("b")) == (State.WITHDRAWN, State.REFUNDED)


def test_a_restart_with_other_settings_keeps_decisions(demo: Demo) -> None:
    """A decided payment stays decided."""
    demo.request()
    demo.run(3)
    strict = Provider(demo.store, FakeShop(), declines=1.0, clock=Clock())
    strict.request("a", REQUEST)
    strict.step()
    assert demo.state() is State.PAID
