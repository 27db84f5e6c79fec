"""Tests of marketplace.callbacks."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from itsdangerous import TimestampSigner

from marketplace.domain.callbacks import (
    TOKEN_LIFETIME_SECONDS,
    CallbackTokens,
    Expired,
    Forged,
    InvalidToken,
    WrongOrder,
)
from tests.marketplace.fakes import Clock

KEY = "a key of a shop"
ORDER = "7K3M-9QXD-2TB4"


@pytest.fixture
def clock() -> Clock:
    """A clock that moves only when told."""
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> CallbackTokens:
    """The tokens of one shop."""
    return CallbackTokens(KEY, clock=clock)


def test_a_token_speaks_for_its_order(tokens: CallbackTokens) -> None:
    """As often as it is checked, by any process that has the key."""
    token = tokens.issue(ORDER)
    tokens.verify(token, ORDER)
    tokens.verify(token, ORDER)
    CallbackTokens(KEY, clock=Clock()).verify(token, ORDER)


def test_a_token_lives_for_a_day(tokens: CallbackTokens, clock: Clock) -> None:
    """To its last second, and not a second longer."""
    token = tokens.issue(ORDER)
    clock.seconds += TOKEN_LIFETIME_SECONDS
    tokens.verify(token, ORDER)
    clock.seconds += 1
    with pytest.raises(Expired):
        tokens.verify(token, ORDER)
    assert TOKEN_LIFETIME_SECONDS == 86_400


def test_the_real_clock_is_the_machines() -> None:
    """A token that is made now is good now."""
    tokens = CallbackTokens(KEY)
    tokens.verify(tokens.issue(ORDER), ORDER)


def test_a_token_speaks_for_no_other_order(tokens: CallbackTokens) -> None:
    """Nor for one whose number merely begins alike."""
    token = tokens.issue(ORDER)
    for other in ("7K3M-9QXD-2TB5", "7K3M-9QXD", f"{ORDER}.", "", ORDER.lower()):
        with pytest.raises(WrongOrder):
            tokens.verify(token, other)


def test_another_key_signs_nothing(tokens: CallbackTokens, clock: Clock) -> None:
    """A token of another shop is forged."""
    with pytest.raises(Forged):
        tokens.verify(CallbackTokens("another key", clock=clock).issue(ORDER), ORDER)


@pytest.mark.parametrize("salt", ["cookie-session", "itsdangerous.Signer", "wtf-csrf-token"])
@pytest.mark.parametrize("digest", [hashlib.sha1, hashlib.sha256])
@pytest.mark.parametrize("derivation", ["hmac", "django-concat"])
def test_what_the_key_signs_elsewhere_is_no_token(salt: str, digest: Callable[..., Any], derivation: str) -> None:
    """What the shop signs with its key for other ends, as cookies, opens nothing here, however it is signed."""
    signer = TimestampSigner(KEY, salt=salt, digest_method=digest, key_derivation=derivation)
    with pytest.raises(Forged):
        CallbackTokens(KEY).verify(signer.sign(ORDER).decode(), ORDER)


def test_a_changed_token_is_forged(tokens: CallbackTokens) -> None:
    """Whichever letter of it was changed, cut off or added."""
    token = tokens.issue(ORDER)
    changed = {
        token[:place] + ("A" if letter != "A" else "B") + token[place + 1 :] for place, letter in enumerate(token)
    }
    # The last letter of 32 bytes in base 64 holds two bits that mean nothing.
    changed.discard(token[:-1] + "A")
    changed.discard(token[:-1] + "B")
    for each in (
        *changed,
        token[:-1],
        token + "A",
        token.partition(".")[2],
        ORDER,
        "",
        ".",
        "..",
        "é",
        "\0",
        "x" * 9999,
    ):
        with pytest.raises(Forged):
            tokens.verify(each, ORDER)


def test_every_refusal_has_its_own_reason() -> None:
    """The log tells them apart."""
    kinds = InvalidToken.__subclasses__()
    assert {kind.reason for kind in kinds} == {"forged", "expired", "other order"}
