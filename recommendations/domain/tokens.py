"""Tokens by which callers prove who they are, and what each may do."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SECRET_BYTES = 32


class Scope(StrEnum):
    """What a caller may do."""

    RECOMMEND = "recommend"
    """Ask for lists."""
    RECORD = "record"
    """Write, read, merge and delete the histories of readers."""
    CATALOGUE = "catalogue"
    """Change books."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token. The secret itself is known to the caller only.

    A plain SHA-256 is enough: a random secret of 256 bits cannot be guessed, so that nothing is won by a slow hash,
    which is made for passwords and would cost each call its time.
    """

    name: str
    digest: bytes
    scopes: frozenset[Scope]
    created_at: datetime

    def is_of(self, text: str) -> bool:
        """Whether this is the whole token, compared in constant time."""
        return hmac.compare_digest(self.digest, _digest(text))


def new_token(name: str, scopes: frozenset[Scope], created_at: datetime) -> tuple[str, Token]:
    """A token of a caller, `NAME.SECRET`, and what is kept of it. Raises ValueError for a malformed name."""
    if not _NAME.fullmatch(name):
        raise ValueError("write a name of at most 63 lower-case letters, digits and hyphens, such as shop-2")
    text = f"{name}.{secrets.token_urlsafe(_SECRET_BYTES)}"
    return text, Token(name, _digest(text), scopes, created_at)


def name_in(text: str) -> str:
    """The name in a token that a caller sent, which may be anything."""
    return text.partition(".")[0]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
