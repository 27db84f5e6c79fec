"""Conversations: numbers and versions of messages."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.conversations import Conversation, Draft, Message, Side, put_message, tidy_text
from marketplace.domain.errors import MessageConflict
from tests.marketplace.fakes import NOON

EMPTY = Conversation(id="7K3M-9QXD-2TB4", reader_id=1, is_open=True)
SENT = st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 4), st.integers(1, 3)), max_size=30)
"""The side, the id and the version of each message that arrives."""


def after(conversation: Conversation, side: Side, draft: Draft) -> Conversation:
    """The conversation once a draft has arrived."""
    message = put_message(conversation, side, draft, NOON)
    if message is None:
        return conversation
    others = [other for other in conversation.messages if other.number != message.number]
    messages = sorted([*others, message], key=lambda other: other.number)
    return replace(conversation, changes=message.change, messages=messages)


def draft(name: int, version: int) -> Draft:
    return Draft(str(name), f"{name} in version {version}", version)


@given(SENT)
def test_repetitions_and_their_order_do_no_harm(sent: list[tuple[Side, int, int]]) -> None:
    """Each message is there once, in its highest version, with numbers in the order of first arrival and no gaps."""
    conversation = EMPTY
    for side, name, version in sent:
        conversation = after(conversation, side, draft(name, version))
    first = list(dict.fromkeys((side, str(name)) for side, name, _ in sent))
    assert [(message.side, message.id) for message in conversation.messages] == first
    assert [message.number for message in conversation.messages] == list(range(1, len(first) + 1))
    for message in conversation.messages:
        highest = max(version for side, name, version in sent if (side, str(name)) == (message.side, message.id))
        assert (message.version, message.text) == (highest, f"{message.id} in version {highest}")


@given(SENT, st.integers(0, 30))
def test_what_follows_a_change_is_all_that_is_new(sent: list[tuple[Side, int, int]], seen: int) -> None:
    """A page that knows the state after any change, and gets the messages of later changes, has the state of now."""
    states = [EMPTY]
    for side, name, version in sent:
        states.append(after(states[-1], side, draft(name, version)))
    old, new = states[min(seen, len(states) - 1)], states[-1]
    known: dict[int, Message] = {message.number: message for message in old.messages}
    known |= {message.number: message for message in new.messages if message.change > old.changes}
    assert list(known.values()) == list(new.messages)


def test_one_version_has_one_text() -> None:
    """Another text under the same id and version is not dropped in silence."""
    conversation = after(EMPTY, Side.READER, Draft("a", "first"))
    assert put_message(conversation, Side.READER, Draft("a", "first"), NOON) is None
    with pytest.raises(MessageConflict):
        put_message(conversation, Side.READER, Draft("a", "second"), NOON)
    # The other side may use the same id.
    assert put_message(conversation, Side.SHOP, Draft("a", "second"), NOON) is not None


def test_what_a_side_has_not_seen() -> None:
    """Messages of the other side after the last one that it has seen."""
    conversation = EMPTY
    for number, side in enumerate([Side.READER, Side.SHOP, Side.SHOP, Side.READER]):
        conversation = after(conversation, side, Draft(str(number), "text"))
    assert (conversation.unseen_by(Side.READER), conversation.unseen_by(Side.SHOP)) == (2, 2)
    conversation = replace(conversation, seen={Side.READER: 2, Side.SHOP: 4})
    assert (conversation.unseen_by(Side.READER), conversation.unseen_by(Side.SHOP)) == (1, 0)


def test_texts_are_tidied() -> None:
    """Line ends are those of Unix; what databases cannot hold goes; emoji and joined letters stay whole."""
    assert tidy_text("  Hello\r\nthere\0\x07\ud800 👋🏽\r\n\r\n") == "Hello\nthere 👋🏽"
    for whole in ("👩\u200d👧", "می\u200cخواهم"):  # noqa: RUF001  (Persian)
        assert tidy_text(whole) == whole
    assert tidy_text("\u200b \n\u2063") == ""


def test_a_message_waits_until_it_is_seen_or_noticed() -> None:
    """The last one of the other side, once it is old enough; not what was written by this side itself."""
    conversation = EMPTY
    for number, side in enumerate([Side.READER, Side.SHOP, Side.SHOP, Side.READER]):
        conversation = after(conversation, side, Draft(str(number), "text"))
    assert [conversation.waits_for(side, since=NOON) for side in (Side.READER, Side.SHOP)] == [3, 4]
    assert conversation.waits_for(Side.READER, since=NOON - timedelta(seconds=1)) == 0
    assert replace(conversation, seen={Side.READER: 3}).waits_for(Side.READER, since=NOON) == 0
    assert replace(conversation, noticed={Side.READER: 3}).waits_for(Side.READER, since=NOON) == 0
    assert (
        replace(conversation, seen={Side.READER: 2}, noticed={Side.READER: 2}).waits_for(Side.READER, since=NOON) == 3
    )
    assert EMPTY.waits_for(Side.SHOP, since=NOON) == 0
