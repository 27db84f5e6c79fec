"""Tests of payments.service and payments.store: whatever happens when, a payment is decided once and told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from payments.service import FIRST_WAIT, MAX_WAIT, OtherAmount, Provider
from payments.store import State
from tests.payments.conftest import ASK, Demo
from tests.payments.fakes import Clock, FakeShop, Killed

PAID = ("http://shop/7", "token-1", "paid")


def kill() -> None:
    """End the process."""
    raise Killed


def test_a_payment_is_decided_after_its_time_and_told_once(demo: Demo) -> None:
    """To the address and with the token that came with the question."""
    assert demo.ask().state is State.ASKED
    demo.run(2.9)
    assert demo.state() is State.ASKED
    demo.run(0.1)
    assert demo.state() is State.PAID
    demo.run(86_400)
    assert demo.shop.heard == [PAID]


def test_a_declined_payment_is_told_too(declining: Demo) -> None:
    """In its own word."""
    declining.ask()
    declining.run(3)
    assert declining.state() is State.DECLINED
    assert declining.shop.heard == [("http://shop/7", "token-1", "declined")]


def test_the_share_of_declined_payments_is_as_set_and_lasts(demo: Demo) -> None:
    """The same payments are declined by whoever decides; of a greater share, more of the same."""

    def declined(share: float) -> set[str]:
        provider = Provider(demo.store, demo.shop, declines=share, clock=demo.clock)
        return {name for name in names if provider._verdict(name) is State.DECLINED}

    names = [f"order-{number}" for number in range(2000)]
    assert 140 < len(declined(0.1)) < 260
    assert declined(0.1) == declined(0.1) < declined(0.5)
    assert declined(0) == set()
    assert declined(1) == set(names)


def test_asked_again_it_is_the_same_payment(demo: Demo) -> None:
    """It is decided when the first question has it, once, and told with the newest token."""
    demo.ask()
    demo.clock.forward(2)
    assert demo.ask(token="token-2").state is State.ASKED
    demo.run(1)
    assert demo.shop.heard == [("http://shop/7", "token-2", "paid")]
    demo.run(86_400)
    assert len(demo.shop.heard) == 1


def test_asked_again_about_another_amount_it_is_none(demo: Demo) -> None:
    """Neither another sum nor another currency; what was asked before stays."""
    demo.ask()
    for other in (
        replace(ASK, amount_minor=998, callback_token="x"),
        replace(ASK, currency="USD", callback_token="x"),
    ):
        with pytest.raises(OtherAmount):
            demo.provider.ask("a", other)
    demo.run(3)
    assert demo.shop.heard == [PAID]


def test_whoever_asks_after_the_decision_is_told_again(demo: Demo) -> None:
    """Acknowledged or not: who asks does not know. The decision and its moment stay."""
    demo.ask()
    demo.run(3)
    decided = demo.provider.get("a")
    demo.clock.forward(900)
    demo.ask(token="token-2")
    demo.run()
    assert demo.shop.heard == [PAID, ("http://shop/7", "token-2", "paid")]
    assert demo.provider.get("a") == replace(decided, callback_token="token-2")  # type: ignore[type-var]


@pytest.mark.parametrize("status", [None, 301, 400, 403, 404, 408, 413, 425, 429, 500, 502, 503, 504])
def test_what_is_not_acknowledged_is_told_again(demo: Demo, status: int | None) -> None:
    """After one second, two, four and so on, up to a minute, for as long as it takes."""
    demo.shop.status = status
    demo.ask()
    demo.run(3)
    wait = FIRST_WAIT
    for calls in range(1, 10):
        assert len(demo.shop.heard) == calls
        demo.run(wait.total_seconds() - 0.001)
        assert len(demo.shop.heard) == calls
        demo.run(0.001)
        wait = min(wait * 2, MAX_WAIT)
    demo.shop.status = 200
    demo.run(60)
    demo.run(86_400)
    assert demo.shop.heard == [PAID] * 11
    assert timedelta(minutes=1) == MAX_WAIT


def test_whoever_asks_again_waits_no_longer_than_at_first(demo: Demo) -> None:
    """They are there again: told at once, and after a second again where even that is not heard."""
    demo.shop.status = None
    demo.ask()
    demo.run(3)
    for _ in range(9):
        demo.run(60)
    calls = len(demo.shop.heard)
    demo.ask(token="token-2")
    demo.run()
    assert len(demo.shop.heard) == calls + 1
    demo.run(1)
    assert len(demo.shop.heard) == calls + 2


@pytest.mark.parametrize("status", [200, 201, 204, 409])
def test_what_is_heard_is_told_no_more(demo: Demo, status: int) -> None:
    """409 is an answer too: the order went another way."""
    demo.shop.status = status
    demo.ask()
    demo.run(3)
    demo.run(86_400)
    assert demo.shop.heard == [PAID]


def test_a_token_that_is_taken_no_more_waits_for_a_new_one(demo: Demo) -> None:
    """401: nothing is told until the shop asks again."""
    demo.shop.status = 401
    demo.ask()
    demo.run(3)
    demo.run(86_400)
    assert len(demo.shop.heard) == 1
    demo.shop.status = 200
    demo.ask(token="token-2")
    demo.run()
    assert demo.shop.heard[1:] == [("http://shop/7", "token-2", "paid")]


def test_a_question_during_the_call_is_answered_too(demo: Demo) -> None:
    """What comes back for the old token does not count for the new one."""
    demo.ask()

    def ask_again() -> None:
        demo.shop.after = lambda: None
        demo.ask(token="token-2")

    demo.shop.after = ask_again
    demo.run(3)
    assert [token for _, token, _ in demo.shop.heard] == ["token-1", "token-2"]


def test_one_that_nobody_hears_holds_up_no_other(demo: Demo) -> None:
    """Each payment waits by itself."""
    demo.ask("a")
    demo.shop.status = None
    demo.run(3)
    demo.shop.status = 200
    demo.provider.ask("b", replace(ASK, callback_url="http://shop/8"))
    demo.clock.forward(3)
    demo.run()
    assert [url for url, _, _ in demo.shop.heard] == ["http://shop/7", "http://shop/7", "http://shop/8"]


def test_withdrawn_before_the_decision_it_is_never_decided(demo: Demo) -> None:
    """Nobody is called, also when it is asked for again or withdrawn again."""
    demo.ask()
    for _ in range(2):
        assert demo.provider.withdraw("a").state is State.WITHDRAWN
    assert demo.ask().state is State.WITHDRAWN
    demo.run(86_400)
    assert demo.state() is State.WITHDRAWN
    assert demo.shop.heard == []


def test_withdrawn_before_it_was_asked_for_it_stays_so(demo: Demo) -> None:
    """The question comes late, whatever its amount."""
    assert demo.provider.withdraw("a").state is State.WITHDRAWN
    assert demo.ask().state is State.WITHDRAWN
    demo.run(86_400)
    assert demo.shop.heard == []


def test_withdrawn_after_it_was_paid_it_is_refunded_once(demo: Demo) -> None:
    """And stays so, asked for again or withdrawn again; nobody is called any more."""
    demo.ask()
    demo.run(3)
    for _ in range(2):
        assert demo.provider.withdraw("a").state is State.REFUNDED
    assert demo.ask().state is State.REFUNDED
    demo.run(86_400)
    assert demo.shop.heard == [PAID]


def test_withdrawn_while_the_shop_is_called_it_is_refunded(demo: Demo) -> None:
    """What the call brings changes that no more, and is not repeated."""
    demo.shop.status = None

    def withdraw() -> None:
        demo.provider.withdraw("a")

    demo.shop.before = withdraw
    demo.ask()
    demo.run(3)
    demo.run(86_400)
    assert demo.state() is State.REFUNDED
    assert demo.shop.heard == [PAID]


def test_withdrawn_after_it_was_declined_it_stays_declined(declining: Demo) -> None:
    """There is nothing to give back."""
    declining.ask()
    declining.run(3)
    assert declining.provider.withdraw("a").state is State.DECLINED


def test_killed_before_the_acknowledgement_the_question_is_kept(demo: Demo) -> None:
    """The shop asks again, and it is one payment with its first time."""
    demo.ask()
    demo.restart()
    demo.clock.forward(2)
    demo.ask(token="token-2")
    demo.run(1)
    assert demo.shop.heard == [("http://shop/7", "token-2", "paid")]


def test_killed_without_a_second_question_it_is_decided_all_the_same(demo: Demo) -> None:
    """What is stored needs nobody to ask again."""
    demo.ask()
    demo.restart()
    demo.run(3)
    assert demo.shop.heard == [PAID]


def test_killed_between_decision_and_call_it_is_told(demo: Demo) -> None:
    """Decided once: the moment of the decision stays."""
    demo.ask()
    demo.clock.forward(3)
    demo.shop.before = kill
    demo.run_until_killed()
    decided = demo.provider.get("a")
    assert decided is not None
    assert (decided.state, decided.decided_at) == (State.PAID, demo.clock.moment)
    assert demo.shop.heard == []
    demo.run(60)
    assert demo.shop.heard == [PAID]
    assert demo.provider.get("a") == replace(decided, call_at=None)


def test_killed_between_call_and_note_it_is_told_again(demo: Demo) -> None:
    """At least once, and always the same."""
    demo.ask()
    demo.clock.forward(3)
    demo.shop.after = kill
    demo.run_until_killed()
    assert demo.shop.heard == [PAID]
    demo.run()
    demo.run(86_400)
    assert demo.shop.heard == [PAID, PAID]


def test_killed_after_a_withdrawal_it_stays_withdrawn(demo: Demo) -> None:
    """Before and after the decision."""
    demo.ask("a")
    demo.provider.withdraw("a")
    demo.ask("b")
    demo.restart()
    demo.run(3)
    demo.provider.withdraw("b")
    demo.restart()
    demo.run(86_400)
    assert (demo.state("a"), demo.state("b")) == (State.WITHDRAWN, State.REFUNDED)


def test_a_restart_with_other_settings_decides_nothing_anew(demo: Demo) -> None:
    """What is decided stays."""
    demo.ask()
    demo.run(3)
    strict = Provider(demo.store, FakeShop(), declines=1.0, clock=Clock())
    strict.ask("a", ASK)
    strict.step()
    assert demo.state() is State.PAID
