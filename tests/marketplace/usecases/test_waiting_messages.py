"""Notices of messages that nobody has seen, and the deletion of old conversations."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.event import listen

from events.types import ConversationWaiting, NoticeRequested
from marketplace.domain.books import Book
from marketplace.domain.conversations import Draft, Guest, Side
from marketplace.domain.events import NOTICES
from marketplace.domain.guest_links import GuestLinks
from marketplace.domain.money import Money
from marketplace.store import Store
from marketplace.usecases.contact import Contact
from marketplace.usecases.conversations import Conversations
from marketplace.usecases.waiting_messages import BATCH, WaitingMessages
from tests.marketplace.fakes import NOON
from tests.marketplace.ordering import buyer_of, moderator_of, order_of
from tests.marketplace.stored import put

GUEST = Guest(email="guest@example.com", language="en")
HELLO = "Hello!"


class Desk:
    """A buyer whose address is confirmed, with an order, and a moderator; `moment` is now."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.moment = NOON
        self.conversations = Conversations(store, clock=self._now)
        self.contact = Contact(store, self.conversations, GuestLinks("a key of the shop"), clock=self._now)
        self.messages = WaitingMessages(store, keep_days=730, clock=self._now)
        put(store, Book(id=7, title="Dune", price=Money(999, "EUR"), stock=6))
        self.buyer, self.moderator = buyer_of(store), moderator_of(store)
        self.order = order_of(store, self.buyer, 7)
        with store.write() as work:
            work.accounts.confirm_email(self.buyer, "ann@example.com", NOON)
            work.accounts.set_language(self.buyer, "ru")
            work.commit()

    def after(self, **time: float) -> int:
        """The number of conversations of which notices are sent when this time has passed."""
        self.moment += timedelta(**time)
        return self.messages.send_notices()

    def sent(self) -> list[Mapping[str, Any]]:
        """The notices of messages, as they wait in the outbox."""
        with self.store.read() as work:
            rows = [row.payload for row in work.outbox.waiting(1000, NOTICES) if row.kind == "event"]
        return [
            row["data"]
            for row in rows
            if row["type"] == ConversationWaiting.type
            or (row["type"] == NoticeRequested.type and row["data"]["kind"] == "message_waiting")
        ]

    def see(self, side: Side) -> None:
        conversation = self.conversations.about(self.order)
        assert conversation
        self.conversations.see(side, conversation)

    def _now(self) -> datetime:
        return self.moment


@pytest.fixture
def desk(store: Store) -> Desk:
    """A buyer and a moderator."""
    return Desk(store)


def test_an_answer_that_is_not_seen_becomes_a_mail_once(desk: Desk) -> None:
    """After ten minutes, in the reader's language, with a link and without the text; the next answer another."""
    desk.conversations.answer(desk.moderator, desk.order, Draft("a-1", HELLO))
    assert desk.after(minutes=9, seconds=59) == 0
    assert desk.after(seconds=1) == 1
    assert desk.after(days=1) == 0
    assert desk.sent() == [
        {
            "kind": "message_waiting",
            "reader_id": desk.buyer,
            "to": "ann@example.com",
            "language": "ru",
            "shop_name": "Online Books For You",
            "path": f"/orders/{desk.order}#conversation",
            "order": None,
            "text": "",
        }
    ]
    desk.conversations.answer(desk.moderator, desk.order, Draft("a-1", "Hello, again!", 2))
    assert desk.after(days=1) == 0
    desk.conversations.answer(desk.moderator, desk.order, Draft("a-2", HELLO))
    assert desk.after(minutes=10) == 1
    assert len(desk.sent()) == 2


def test_an_edit_of_an_earlier_message_hides_no_later_one(desk: Desk) -> None:
    """The one that was not seen is noticed all the same."""
    desk.conversations.answer(desk.moderator, desk.order, Draft("a-1", HELLO))
    desk.see(Side.READER)
    desk.conversations.answer(desk.moderator, desk.order, Draft("a-2", HELLO))
    desk.conversations.answer(desk.moderator, desk.order, Draft("a-1", "Hello, again!", 2))
    assert desk.after(minutes=10) == 1


def test_a_message_that_the_shop_has_not_seen_is_published(desk: Desk) -> None:
    """Of a reader about an order, and of a guest; once, and without the text."""
    contact_id = uuid4().hex
    desk.conversations.write(desk.buyer, desk.order, Draft("m-1", HELLO))
    desk.contact.begin(GUEST, Draft(contact_id, HELLO))
    assert desk.after(minutes=10) == 2
    assert desk.after(minutes=10) == 0
    assert sorted(desk.sent(), key=lambda data: str(data["order_id"])) == [
        {"conversation_id": contact_id, "order_id": "", "reader_id": None},
        {"conversation_id": desk.order, "order_id": desk.order, "reader_id": desk.buyer},
    ]


@pytest.mark.parametrize("side", Side)
def test_what_was_seen_meanwhile_is_not_noticed(desk: Desk, side: Side) -> None:
    """By either side."""
    if side is Side.READER:
        desk.conversations.answer(desk.moderator, desk.order, Draft("a-1", HELLO))
    else:
        desk.conversations.write(desk.buyer, desk.order, Draft("m-1", HELLO))
    desk.see(side)
    assert desk.after(minutes=10) == 0
    assert desk.sent() == []


def test_an_unconfirmed_address_and_a_guest_get_no_notice(desk: Desk) -> None:
    """The one may be a stranger's, the other has had the answer; they are not looked at again."""
    eve, own, of_guest = buyer_of(desk.store, "eve@example.com"), uuid4().hex, uuid4().hex
    desk.contact.begin(eve, Draft(own, HELLO))
    desk.contact.begin(GUEST, Draft(of_guest, HELLO))
    for conversation_id in (own, of_guest):
        desk.contact.answer(desk.moderator, conversation_id, Draft("a-1", HELLO))
        conversation = desk.contact.of_shop(conversation_id)
        desk.conversations.see(Side.SHOP, conversation)
    assert desk.after(minutes=10) == 1
    assert desk.after(minutes=10) == 0
    assert desk.sent() == []


def test_a_contact_conversation_is_linked_under_messages(desk: Desk) -> None:
    """The reader of a contact conversation opens it there."""
    own = uuid4().hex
    desk.contact.begin(desk.buyer, Draft(own, HELLO))
    desk.contact.answer(desk.moderator, own, Draft("a-1", HELLO))
    assert desk.after(minutes=10) == 1
    assert f"/messages/{own}#conversation" in [data.get("path") for data in desk.sent()]


def test_several_processes_send_a_notice_once(desk: Desk) -> None:
    """Eight at once, over twenty conversations."""
    for number in range(20):
        desk.contact.begin(GUEST, Draft(uuid4().hex, f"Text {number}"))
    desk.moment += timedelta(minutes=10)
    with ThreadPoolExecutor(8) as threads:
        counts = list(threads.map(lambda _: desk.messages.send_notices(), range(8)))
    assert sum(counts) == 20
    assert len(desk.sent()) == 20


def test_more_than_a_batch_is_sent_in_turn(desk: Desk) -> None:
    """What is left over comes a minute later."""
    for _ in range(BATCH + 1):
        desk.contact.begin(GUEST, Draft(uuid4().hex, HELLO))
    assert [desk.after(minutes=10), desk.after(minutes=1), desk.after(minutes=1)] == [BATCH, 1, 0]


def test_old_conversations_are_deleted_in_batches(desk: Desk) -> None:
    """Open ones too, with their messages; what has changed since stays, and so does everything without a limit."""
    ids = [uuid4().hex for _ in range(BATCH + 2)]
    for conversation_id in ids:
        desk.contact.begin(GUEST, Draft(conversation_id, HELLO))
    desk.moment += timedelta(days=1)
    desk.contact.answer(desk.moderator, ids[0], Draft("a-1", HELLO))
    desk.moment = NOON + timedelta(days=730)
    assert desk.messages.remove_old() == 0
    desk.moment += timedelta(seconds=1)
    assert WaitingMessages(desk.store, keep_days=0, clock=lambda: desk.moment).remove_old() == 0
    assert [desk.messages.remove_old() for _ in range(3)] == [BATCH, 1, 0]
    assert len(desk.contact.of_shop(ids[0]).messages) == 2
    with desk.store.read() as work:
        counted = work._connection.execute(text("SELECT count(*) FROM conversation_messages"))
        assert counted.scalar_one() == 2


def test_looking_for_waiting_messages_reads_no_table(sqlite_store: Store) -> None:
    """The partial index has the few conversations in which somebody waits."""
    executed = []
    listen(sqlite_store.engine, "before_cursor_execute", lambda *arguments: executed.append(arguments[2:4]))
    with sqlite_store.read() as work:
        work.conversations.waiting(NOON, BATCH)
        statement, parameters = executed[-1]
        plan = str(work._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all())
    assert "ix_conversations_waiting" in plan
