"""The tokens of payment callbacks."""

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
    """A manual clock."""
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> CallbackTokens:
    """The tokens of one shop."""
    return CallbackTokens(KEY, clock=clock)


def test_a_token_is_valid_for_its_order(tokens: CallbackTokens) -> None:
    """Repeatedly, and in any process that has the key."""
    token = tokens.issue(ORDER)
    tokens.verify(token, ORDER)
    tokens.verify(token, ORDER)
    CallbackTokens(KEY, clock=Clock()).verify(token, ORDER)


def test_a_token_may_name_a_trace(tokens: CallbackTokens) -> None:
    """It is valid for its order all the same, and only for that."""
    header = f"00-{'a' * 32}-{'b' * 16}-01"
    token = tokens.issue(ORDER, header)
    assert tokens.verify(token, ORDER) == header
    assert tokens.verify(tokens.issue(ORDER), ORDER) is None
    for other in ("7K3M-9QXD", f"{ORDER}~{header}", ""):
        with pytest.raises(WrongOrder):
            tokens.verify(token, other)


def test_a_token_expires_after_a_day(tokens: CallbackTokens, clock: Clock) -> None:
    """It is valid in its last second, and a second later it is not."""
    token = tokens.issue(ORDER)
    clock.seconds += TOKEN_LIFETIME_SECONDS
    tokens.verify(token, ORDER)
    clock.seconds += 1
    with pytest.raises(Expired):
        tokens.verify(token, ORDER)
    assert TOKEN_LIFETIME_SECONDS == 86_400


def test_the_default_clock_is_the_machines() -> None:
    """A new token is valid with it."""
    tokens = CallbackTokens(KEY)
    tokens.verify(tokens.issue(ORDER), ORDER)


def test_a_token_is_invalid_for_another_order(tokens: CallbackTokens) -> None:
    """Also for orders whose number begins with the same characters."""
    token = tokens.issue(ORDER)
    for other in ("7K3M-9QXD-2TB5", "7K3M-9QXD", f"{ORDER}.", "", ORDER.lower()):
        with pytest.raises(WrongOrder):
            tokens.verify(token, other)


def test_a_token_of_another_key_is_forged(tokens: CallbackTokens, clock: Clock) -> None:
    """A token of another shop is forged."""
    with pytest.raises(Forged):
        tokens.verify(CallbackTokens("another key", clock=clock).issue(ORDER), ORDER)


@pytest.mark.parametrize("salt", ["cookie-session", "itsdangerous.Signer", "wtf-csrf-token"])
@pytest.mark.parametrize("digest", [hashlib.sha1, hashlib.sha256])
@pytest.mark.parametrize("derivation", ["hmac", "django-concat"])
def test_other_signatures_of_the_key_are_not_tokens(salt: str, digest: Callable[..., Any], derivation: str) -> None:
    """Such as cookies: tokens have a purpose of their own."""
    signer = TimestampSigner(KEY, salt=salt, digest_method=digest, key_derivation=derivation)
    with pytest.raises(Forged):
        CallbackTokens(KEY).verify(signer.sign(ORDER).decode(), ORDER)


def test_a_changed_token_is_forged(tokens: CallbackTokens) -> None:
    """Wherever a character was changed, removed or added."""
    token = tokens.issue(ORDER)
    changed = {token[:i] + ("A" if letter != "A" else "B") + token[i + 1 :] for i, letter in enumerate(token)}
    # The last letter of 32 bytes in base 64 has two unused bits.
    changed -= {token[:-1] + "A", token[:-1] + "B"}
    other_lengths = {token[:-1], token + "A", token.partition(".")[2]}
    for forged in changed | other_lengths | {ORDER, "", ".", "..", "é", "\0", "x" * 9999}:
        with pytest.raises(Forged):
            tokens.verify(forged, ORDER)


def test_every_refusal_has_its_own_reason() -> None:
    """For the log."""
    kinds = InvalidToken.__subclasses__()
    assert {kind.reason for kind in kinds} == {"forged", "expired", "other order"}
