"""Conversations about orders."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from events import types
from marketplace.domain.books import Book
from marketplace.domain.conversations import MAX_TEXT_LENGTH, Conversation, Draft, Side
from marketplace.domain.errors import (
    ConversationFull,
    ConversationNotFound,
    InvalidMessage,
    MessageConflict,
    NotSignedIn,
    OrderNotFound,
)
from marketplace.domain.moderation import Action
from marketplace.domain.money import Money
from marketplace.domain.orders import OrderState
from marketplace.store import Store
from marketplace.usecases.conversations import Conversations
from marketplace.usecases.export import export
from tests.marketplace.fakes import NOON
from tests.marketplace.ordering import accounts_of, buyer_of, log_of, moderator_of, order_of
from tests.marketplace.stored import put

HELLO = Draft("m-1", "Hello!")


class Chat:
    """A buyer with a shipped order, and a moderator; `woken` counts wake-ups."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.woken = 0
        self.conversations = Conversations(store, wake=self._wake, clock=lambda: NOON)
        put(store, Book(id=7, title="Dune", price=Money(999, "EUR"), stock=6))
        self.buyer, self.moderator = buyer_of(store), moderator_of(store)
        self.order = order_of(store, self.buyer, 7, 1, OrderState.PAID, OrderState.SHIPPED)

    def now(self) -> Conversation:
        conversation = self.conversations.about(self.order)
        assert conversation
        return conversation

    def texts(self) -> list[tuple[int, Side, str, int]]:
        return [(message.number, message.side, message.text, message.version) for message in self.now().messages]

    def _wake(self) -> None:
        self.woken += 1


@pytest.fixture
def chat(store: Store) -> Chat:
    """A buyer with a shipped order, and a moderator."""
    return Chat(store)


def test_both_sides_write_and_edit(chat: Chat) -> None:
    """In the order in which the messages arrived; an edit keeps the place and counts as a change."""
    assert chat.conversations.about(chat.order) is None
    chat.conversations.write(chat.buyer, chat.order, HELLO)
    chat.conversations.answer(chat.moderator, chat.order, Draft("m-1", "Good day."))
    chat.conversations.write(chat.buyer, chat.order, Draft("m-1", "Hello, where is it?", 2))
    assert chat.texts() == [(1, Side.READER, "Hello, where is it?", 2), (2, Side.SHOP, "Good day.", 1)]
    conversation = chat.now()
    assert (conversation.changes, conversation.messages[0].change) == (3, 3)
    assert [message.edited_at for message in conversation.messages] == [NOON, None]
    assert chat.woken == 3
    assert [entry.action for entry in log_of(chat.store)] == [Action.ANSWERED]


def test_sent_twice_it_is_there_once(chat: Chat) -> None:
    """Nothing is written again, no event and no entry of the log; another text under the same id is refused."""
    for _ in range(2):
        chat.conversations.write(chat.buyer, chat.order, HELLO)
        chat.conversations.answer(chat.moderator, chat.order, HELLO)
    assert chat.texts() == [(1, Side.READER, "Hello!", 1), (2, Side.SHOP, "Hello!", 1)]
    assert len(log_of(chat.store)) == 1
    with pytest.raises(MessageConflict):
        chat.conversations.write(chat.buyer, chat.order, Draft("m-1", "Goodbye!"))


def test_senders_at_once_get_numbers_without_gaps(chat: Chat) -> None:
    """Twenty messages of both sides, each sent three times, from eight threads."""

    def send(number: int) -> None:
        draft = Draft(f"m-{number}", f"Text {number}")
        if number % 2:
            chat.conversations.write(chat.buyer, chat.order, draft)
        else:
            chat.conversations.answer(chat.moderator, chat.order, draft)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(send, [*range(20)] * 3))
    texts = chat.texts()
    assert [number for number, *_ in texts] == list(range(1, 21))
    assert sorted(text for _, _, text, _ in texts) == sorted(f"Text {number}" for number in range(20))
    assert chat.now().changes == 20


def test_every_change_is_published(chat: Chat) -> None:
    """Without its text, which no receiver of events is to have."""
    with chat.store.write() as work:
        destination = work.destinations.add("http://a.example", "whsec_a", at=NOON).destination
        work.commit()
    chat.conversations.write(chat.buyer, chat.order, HELLO)
    chat.conversations.answer(chat.moderator, chat.order, Draft("m-1", "Good day."))
    with chat.store.read() as work:
        payloads = [row.payload for row in work.outbox.waiting(100, destination)]
    about = {"conversation_id": chat.order, "order_id": chat.order, "reader_id": chat.buyer}
    assert [payload["data"] for payload in payloads if payload["type"] == types.ConversationChanged.type] == [
        {**about, "change": 1, "by": "reader"},
        {**about, "change": 2, "by": "shop"},
    ]


def test_what_was_seen_is_never_taken_back(chat: Chat) -> None:
    """Each side by itself, also if an older page is shown last."""
    chat.conversations.write(chat.buyer, chat.order, HELLO)
    old = chat.now()
    chat.conversations.write(chat.buyer, chat.order, Draft("m-2", "Are you there?"))
    chat.conversations.see(Side.SHOP, chat.now())
    chat.conversations.see(Side.SHOP, old)
    assert chat.now().seen == {Side.READER: 0, Side.SHOP: 2}


def test_closed_until_somebody_writes(chat: Chat) -> None:
    """Open conversations are listed, those that have waited longest first; closing is logged once."""
    with pytest.raises(ConversationNotFound):
        chat.conversations.close(chat.moderator, chat.order)
    chat.conversations.write(chat.buyer, chat.order, HELLO)
    for _ in range(2):
        chat.conversations.close(chat.moderator, chat.order)
    with chat.store.read() as work:
        assert (work.conversations.open_ones(10), work.conversations.count_open()) == ([], 0)
    assert [entry.action for entry in log_of(chat.store)] == [Action.CONVERSATION_CLOSED]
    chat.conversations.write(chat.buyer, chat.order, Draft("m-2", "One more thing."))
    with chat.store.read() as work:
        assert [conversation.id for conversation in work.conversations.open_ones(10)] == [chat.order]


@pytest.mark.parametrize(
    "draft",
    [
        Draft("m-2", " \n\0"),
        Draft("m-2", "x" * (MAX_TEXT_LENGTH + 1)),
        Draft("", "Hello!"),
        Draft("é" * 10, "Hello!"),
        Draft("m" * 65, "Hello!"),
        Draft("m-2", "Hello!", 0),
        Draft("m-2", "Hello!", 1_001),
    ],
)
def test_invalid_messages_are_refused(chat: Chat, draft: Draft) -> None:
    """Empty and long texts, missing and long ids, impossible versions; nothing is stored."""
    with pytest.raises(InvalidMessage):
        chat.conversations.write(chat.buyer, chat.order, draft)
    assert chat.conversations.about(chat.order) is None


def test_a_conversation_has_an_end(chat: Chat) -> None:
    """Beyond the limit nothing is added, but what is there can be edited."""
    conversations = Conversations(chat.store, max_messages=2)
    for number in (1, 2):
        conversations.write(chat.buyer, chat.order, Draft(f"m-{number}", "Hello!"))
    with pytest.raises(ConversationFull):
        conversations.write(chat.buyer, chat.order, Draft("m-3", "Hello!"))
    conversations.write(chat.buyer, chat.order, Draft("m-2", "Hello again!", 2))
    assert [text for _, _, text, _ in chat.texts()] == ["Hello!", "Hello again!"]


def test_only_the_buyer_and_moderators_write(chat: Chat) -> None:
    """Not another reader, nobody about an unknown order, and no moderator whose account is gone."""
    other = buyer_of(chat.store, "eve@example.com")
    for reader_id, order_id in ((other, chat.order), (0, chat.order), (chat.buyer, "AAAA-AAAA-AAAA")):
        with pytest.raises(OrderNotFound):
            chat.conversations.write(reader_id, order_id, HELLO)
    with pytest.raises(NotSignedIn):
        chat.conversations.answer(987_654, chat.order, HELLO)
    assert chat.conversations.about(chat.order) is None


@pytest.mark.parametrize("order_id", ["", "\0", "AAAA-AAAA-AAA\0", "x" * 100_000])
def test_what_is_no_order_number_has_no_conversation(chat: Chat, order_id: str) -> None:
    """PostgreSQL fails on a NUL; that must not look like an outage."""
    assert chat.conversations.about(order_id) is None
    with pytest.raises(ConversationNotFound):
        chat.conversations.close(chat.moderator, order_id)
    with pytest.raises(OrderNotFound):
        chat.conversations.write(chat.buyer, order_id, HELLO)
    with pytest.raises(OrderNotFound):
        chat.conversations.answer(chat.moderator, order_id, HELLO)


def test_deleting_a_reader_deletes_their_conversations(chat: Chat) -> None:
    """Also the shop's answers; the order stays, and can no longer be written about."""
    chat.conversations.write(chat.buyer, chat.order, HELLO)
    chat.conversations.answer(chat.moderator, chat.order, Draft("m-1", "Good day."))
    exported = export(chat.store, chat.buyer, lambda _reader: [])["conversations"]
    assert [(message["by"], message["text"]) for message in exported[0]["messages"]] == [
        ("reader", "Hello!"),
        ("shop", "Good day."),
    ]
    accounts_of(chat.store).forget(chat.buyer, "correct horse")
    assert chat.conversations.about(chat.order) is None
    with pytest.raises(OrderNotFound):
        chat.conversations.answer(chat.moderator, chat.order, HELLO)
