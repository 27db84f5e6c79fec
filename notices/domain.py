"""The terms of notices: messages, what becomes of them, and why they fail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

STAFF_PREFIX = "staff_"


class Channel(Enum):
    """A way to somebody; the value is stored in the database."""

    EMAIL = "email"
    TELEGRAM = "telegram"


class State(Enum):
    """The state of a message; the value is stored in the database."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message that an event asks for: to one recipient, by one channel.

    `reader_id` is the reader with whose data it is deleted; `data` is what its template shows.
    """

    event_id: str
    channel: Channel
    recipient: str
    kind: str
    language: str
    data: Mapping[str, Any]
    reader_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Draft):
    """A stored message; `settled_at` is when it was sent or failed, `attempts` how often sending it has begun."""

    id: int
    state: State
    created_at: datetime
    give_up_at: datetime
    attempts: int = 0
    settled_at: datetime | None = None
    last_error: str = ""
    traceparent: str | None = None
    """The trace in which its event came; None if none is recorded."""

    @property
    def is_for_staff(self) -> bool:
        return self.kind.startswith(STAFF_PREFIX)

    @property
    def masked_recipient(self) -> str:
        """The recipient for lists: of an address the first letter and the domain."""
        return masked(self.recipient)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLength:
    """The number of waiting messages, the time of the oldest, and the number of failed ones."""

    waiting: int = 0
    oldest: datetime | None = None
    failed: int = 0


class StoreUnavailable(Exception):
    """The database failed; the same may succeed later."""


class MessageNotFound(Exception):
    """There is no failed message with this id."""


class NotSent(Exception):
    """A message was not sent; `cause` may be logged, the whole text may name the recipient."""

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.cause = cause


class TemporaryFailure(NotSent):
    """The same may succeed later; with `pause_seconds`, the channel is to send nothing until then."""

    def __init__(self, cause: str, detail: str = "", *, pause_seconds: float = 0.0) -> None:
        super().__init__(cause, detail)
        self.pause_seconds = pause_seconds


class PermanentFailure(NotSent):
    """It will never be accepted as it is."""


def masked(recipient: str) -> str:
    """`reader@example.com` as `r…@example.com`; anything else as `…`."""
    name, at, host = recipient.rpartition("@")
    return f"{name[:1]}…@{host}" if at else "…"
