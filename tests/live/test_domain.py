"""Messages between live and pages."""

import json

import pytest

from events.reference import EXAMPLES
from events.types import LIVE_TYPES
from live.domain import (
    MAX_MESSAGES_PER_WINDOW,
    NOTES_PER_WINDOW,
    WINDOW_SECONDS,
    InvalidNote,
    Note,
    NoteLimit,
    Signal,
    TooManyMessages,
    parse_note,
    topics_of,
)

ID = "7K3M-9QXD-2TB4"


def test_every_type_that_live_receives_has_topics() -> None:
    """One of the order or conversation, one of the staff; no other type has any."""
    for name, data in EXAMPLES.items():
        kind = "conversations" if "conversation" in name else "orders"
        assert topics_of(data) == ((f"{kind}/{ID}", f"staff/{kind}") if name in LIVE_TYPES else ())


def test_messages_are_json_without_content() -> None:
    """A signal has a topic and a number, a note also who it is of."""
    assert json.loads(Signal("orders/X", 17).to_json()) == {"topic": "orders/X", "number": 17}
    note = Note("conversations/X", "writing", "shop")
    assert json.loads(note.to_json()) == {"topic": "conversations/X", "note": "writing", "by": "shop"}


def test_a_note_is_parsed() -> None:
    """What else is in the message is ignored, also a side that the client claims."""
    text = '{"topic": "conversations/X", "note": "seen", "by": "shop"}'
    assert parse_note(text, "reader") == Note("conversations/X", "seen", "reader")


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "[]", "7", "null", "{}", '"note"', "[" * 1000, "{" * 1000),
        '{"topic": "orders/X", "note": "seen"}',
        '{"topic": "staff/conversations", "note": "seen"}',
        '{"topic": "conversations/X", "note": "<script>"}',
        '{"topic": "conversations/X", "note": ["seen"]}',
        '{"topic": ["conversations/X"], "note": "seen"}',
        '{"topic": "conversations/X"}',
    ],
)
def test_anything_else_is_no_note(text: str) -> None:
    """Only the known notes about conversations are passed on."""
    with pytest.raises(InvalidNote):
        parse_note(text, "reader")


def test_notes_are_limited_in_time() -> None:
    """A few in some seconds are passed on, some more ignored, and many end the connection."""
    seconds = [0.0]
    limit = NoteLimit(lambda: seconds[0])
    assert [limit.admits() for _ in range(NOTES_PER_WINDOW + 1)] == [True] * NOTES_PER_WINDOW + [False]
    seconds[0] = WINDOW_SECONDS + 1
    assert limit.admits()
    with pytest.raises(TooManyMessages):
        [limit.admits() for _ in range(MAX_MESSAGES_PER_WINDOW)]
