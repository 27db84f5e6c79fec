"""What is sent to pages, and what pages may send."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from events.tickets import Side
from events.types import ConversationChanged, EventData, OrderData

NOTES = frozenset({"writing", "seen"})
NOTED_TOPICS = "conversations/"
"""Notes are about conversations only."""

MAX_NOTE_BYTES = 1024
NOTES_PER_WINDOW = 5
MAX_MESSAGES_PER_WINDOW = 50
WINDOW_SECONDS = 5.0


class InvalidNote(Exception):
    """A message of a page is no note."""


class TooManyMessages(Exception):
    """A page sends so much that it cannot be ours."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A topic has changed; `number` is another with each change."""

    topic: str
    number: int

    def to_json(self) -> str:
        return _json(topic=self.topic, number=self.number)


@dataclass(frozen=True, slots=True)
class Note:
    """A side of a conversation is writing, or has seen it."""

    topic: str
    note: str
    by: Side

    def to_json(self) -> str:
        return _json(topic=self.topic, note=self.note, by=self.by)


def topics_of(data: EventData) -> tuple[str, ...]:
    """The topics that an event is about; none for one that no page hears of."""
    match data:
        case OrderData(order_id=order_id):
            return f"orders/{order_id}", "staff/orders"
        case ConversationChanged():
            return data.subject, "staff/conversations"
        case _:
            return ()


def parse_note(text: str, by: Side) -> Note:
    """The note of a message `{"topic": …, "note": …}`. Raises InvalidNote."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidNote from None
    match content:
        case {"topic": str(topic), "note": str(note)} if topic.startswith(NOTED_TOPICS) and note in NOTES:
            return Note(topic, note, by)
        case _:
            raise InvalidNote


class NoteLimit:
    """How often one connection may send notes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` returns seconds."""
        self._clock = clock
        self._began = clock()
        self._count = 0

    def admits(self) -> bool:
        """Count a message; whether it is passed on. Raises TooManyMessages."""
        if self._clock() - self._began > WINDOW_SECONDS:
            self._began, self._count = self._clock(), 0
        self._count += 1
        if self._count > MAX_MESSAGES_PER_WINDOW:
            raise TooManyMessages
        return self._count <= NOTES_PER_WINDOW


def _json(**fields: Any) -> str:
    return json.dumps(fields, separators=(",", ":"))
