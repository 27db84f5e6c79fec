"""Tickets by which browsers hear of changes: signed by the shop, read by live."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from itsdangerous import BadData, URLSafeSerializer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

MAX_TOPICS = 10
MAX_TICKET_LENGTH = 4_000

Side = Literal["reader", "shop"]
"""On which side of conversations somebody is."""

_Topic = Annotated[str, Field(min_length=1, max_length=80)]


class InvalidTicket(Exception):
    """A ticket is malformed, signed with another secret, or over; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The topics that its holder may hear of until it is over; `holder` is a reader's number."""

    topics: tuple[str, ...]
    side: Side
    holder: int
    until: datetime


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True)

    topics: Annotated[tuple[_Topic, ...], Field(min_length=1, max_length=MAX_TOPICS)]
    side: Side
    holder: int
    until: Annotated[int, Field(ge=0, lt=2**33)]


class Tickets:
    """Signs and reads tickets."""

    def __init__(self, secret: str, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        # The salt keeps what is signed for other purposes from being a ticket.
        self._serializer = URLSafeSerializer(
            secret, salt="live ticket", signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
        )

    def write(self, ticket: Ticket) -> str:
        """The signed ticket: letters, digits, `-`, `_` and `.`, to be a WebSocket's subprotocol."""
        content = {
            "topics": ticket.topics,
            "side": ticket.side,
            "holder": ticket.holder,
            "until": int(ticket.until.timestamp()),
        }
        text = self._serializer.dumps(content)
        return text if isinstance(text, str) else text.decode()

    def read(self, text: str) -> Ticket:
        """The ticket. Raises InvalidTicket."""
        if len(text) > MAX_TICKET_LENGTH:
            raise InvalidTicket("too long")
        try:
            content = _Content.model_validate(self._serializer.loads(text))
        except (BadData, ValidationError):
            raise InvalidTicket("malformed, or signed with another secret") from None
        until = datetime.fromtimestamp(content.until, UTC)
        if until <= self._clock():
            raise InvalidTicket("over")
        return Ticket(topics=content.topics, side=content.side, holder=content.holder, until=until)
