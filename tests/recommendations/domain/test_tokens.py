"""Tokens of callers."""

import pytest

from recommendations.domain.tokens import Scope, new_token
from servicekit.clock import now

SCOPES = frozenset({Scope.RECORD})


def test_a_token_is_known_again_and_nothing_else_is() -> None:
    """Only the whole text is the token; two tokens of one name differ."""
    text, token = new_token("shop", SCOPES, now())
    other, _ = new_token("shop", SCOPES, now())
    assert token.is_of(text)
    assert text.startswith("shop.")
    for wrong in ("", "shop", "shop.", text[:-1], text + "x", text.upper(), text.partition(".")[2], other):
        assert not token.is_of(wrong)


def test_the_secret_has_256_bits_and_is_not_kept() -> None:
    """43 characters of base64; what is kept has a hash of it only."""
    text, token = new_token("shop", SCOPES, now())
    secret = text.partition(".")[2]
    assert len(secret) == 43
    assert secret not in repr(token)
    assert len(token.digest) == 32


@pytest.mark.parametrize("name", ["", "Shop", "a.b", "a b", "-a", "a" * 64, "läden", "a\n"])
def test_malformed_names(name: str) -> None:
    """A name is a part of the token, and fits into a header and a log line."""
    with pytest.raises(ValueError, match="write a name"):
        new_token(name, SCOPES, now())
