"""Tokens by which a seller's own systems use the HTTP API, and what a token may do."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Self

MAX_TOKENS = 50
MAX_NAME_LENGTH = 60
LIFETIMES = tuple(timedelta(days=days) for days in (30, 90, 365))
"""How long a token may work; moderators choose one."""
KEY_LIFETIME = timedelta(days=1)
"""How long the answer to a request with an idempotency key is kept."""

_SECRET_BYTES = 32
_TOKEN = re.compile(r"bks_([1-9][0-9]{0,17})_([A-Za-z0-9_-]{43})", re.ASCII)


class Scope(Enum):
    """What a token may do; the value is stored, and used in the API's document."""

    BOOKS_READ = "books:read"
    BOOKS_WRITE = "books:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    READERS_READ = "readers:read"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token, without its secret. It acts for the moderator who made it, and only as long as they are one.

    `last_used_on` is the day on which it was last used, None if it never was.
    """

    id: int
    name: str
    scopes: frozenset[Scope]
    made_by: int
    maker_email: str
    created_at: datetime
    expires_at: datetime
    last_used_on: date | None = None
    is_of_moderator: bool = True

    def is_valid(self, moment: datetime) -> bool:
        """Whether it works at this moment."""
        return self.is_of_moderator and moment < self.expires_at


@dataclass(frozen=True, slots=True)
class TokenText:
    """A token as systems send it, `bks_ID_SECRET`; the shop stores the secret's hash only."""

    token_id: int
    secret: str

    def __str__(self) -> str:
        return f"bks_{self.token_id}_{self.secret}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The parts of a token; None if it has another form."""
        match = _TOKEN.fullmatch(text)
        return cls(int(match[1]), match[2]) if match else None


def new_secret() -> str:
    """The random part of a token."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def scopes_of(values: Iterable[str]) -> frozenset[Scope]:
    """The scopes with these values. Raises ValueError for an unknown one."""
    return frozenset(map(Scope, values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of the API that is kept, so that a repeated request gets it again."""

    status: int
    headers: dict[str, str]
    body: str
