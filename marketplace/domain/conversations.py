"""Conversations between a reader and the shop."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from functools import cached_property
from unicodedata import category

from marketplace.domain.errors import MessageConflict
from marketplace.domain.links import Card, first_link
from marketplace.domain.orders import is_order_id

MAX_TEXT_LENGTH = 4_000
MAX_ID_LENGTH = 64
MAX_VERSION = 1_000
MAX_NAME_LENGTH = 200
MAX_MESSAGES = 1_000
"""Of a conversation: with usual texts its page stays below a megabyte."""

# An order number has capitals and hyphens.
_CONTACT_ID = re.compile(r"[0-9a-f]{32}")
_NO_TEXT = frozenset({"Cc", "Cs"})
"""The categories of control characters and lone surrogates, which a database may not store."""


class Side(Enum):
    """Who writes; the value is stored in the database. The shop is one side, whichever moderator answers."""

    READER = "reader"
    SHOP = "shop"

    @property
    def other(self) -> "Side":
        return Side.SHOP if self is Side.READER else Side.READER


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Somebody who wrote without an account; nobody has confirmed the address. `name` may be empty."""

    email: str
    name: str = ""
    language: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as its sender sends it: with an id of the sender's own, and 1 or, once edited, a higher version."""

    id: str
    text: str
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message in its highest version.

    `number` is its place in the conversation. `change` is that of the conversation in which it was sent or last
    edited, or in which the preview of its link came, which is its `card`.
    """

    number: int
    id: str
    side: Side
    version: int
    text: str
    sent_at: datetime
    edited_at: datetime | None = None
    change: int
    card: Card | None = None

    @property
    def link(self) -> str | None:
        """The URL of the first link in the text."""
        return first_link(self.text)


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A conversation about an order, which has the order's id, or one that somebody began by the contact form.

    It is either a reader's or a guest's. `changes` counts what was sent and edited, and cards that came; `seen` has
    the number of the last message that each side has seen, `noticed` that of the last one that became a notice to it.
    """

    id: str
    reader_id: int | None
    guest: Guest | None = None
    is_open: bool
    changes: int = 0
    seen: Mapping[Side, int] = field(default_factory=dict)
    noticed: Mapping[Side, int] = field(default_factory=dict)
    messages: Sequence[Message] = ()

    @property
    def order_id(self) -> str:
        """The number of the order that it is about, or ""."""
        return self.id if is_order_id(self.id) else ""

    @cached_property
    def last_number(self) -> int:
        """The number of the last message, 0 if there is none."""
        return self.messages[-1].number if self.messages else 0

    def unseen_by(self, side: Side) -> int:
        """How many messages of the other side this one has not seen."""
        seen = self.seen.get(side, 0)
        return sum(message.side is side.other and message.number > seen for message in self.messages)

    def waits_for(self, side: Side, *, since: datetime) -> int:
        """The number of the last message of the other side if this one has neither seen it nor had a notice of it.

        0 if there is none, or if it was sent after `since`.
        """
        last = next((message for message in reversed(self.messages) if message.side is side.other), None)
        if last is None or last.sent_at > since:
            return 0
        known = max(self.seen.get(side, 0), self.noticed.get(side, 0))
        return last.number if last.number > known else 0


def is_contact_id(text: str) -> bool:
    """Whether `text` has the form of the id of a conversation that is about no order."""
    return _CONTACT_ID.fullmatch(text) is not None


def tidy_text(text: str) -> str:
    """The text with Unix line ends, without control characters and surrounding white space; "" if nothing is seen."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    # Invisible characters stay: emoji of several parts and words in Persian and Hindi have them.
    kept = "".join(sign for sign in lines if sign in "\n\t" or category(sign) not in _NO_TEXT).strip()
    return kept if any(sign.isprintable() and not sign.isspace() for sign in kept) else ""


def put_message(conversation: Conversation, side: Side, draft: Draft, at: datetime) -> Message | None:
    """The message that a draft adds or changes; None if the conversation has it in this version or a higher one.

    So it does not matter how often, and in which order, the versions of messages arrive. Raises MessageConflict if
    this version has another text.
    """
    change = conversation.changes + 1
    known = next((own for own in conversation.messages if own.side is side and own.id == draft.id), None)
    if known is None:
        number = conversation.last_number + 1
        return Message(
            number=number,
            id=draft.id,
            side=side,
            version=draft.version,
            text=draft.text,
            sent_at=at,
            edited_at=at if draft.version > 1 else None,
            change=change,
        )
    if draft.version == known.version and draft.text != known.text:
        raise MessageConflict
    if draft.version <= known.version:
        return None
    return replace(known, version=draft.version, text=draft.text, edited_at=at, change=change, card=None)
