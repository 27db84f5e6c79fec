"""The tables of conversations and their messages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, or_, select, update

from marketplace.domain.conversations import Conversation, Guest, Message, Side, is_contact_id
from marketplace.domain.errors import ConversationNotFound
from marketplace.domain.links import Card, link_id
from marketplace.domain.orders import is_order_id
from marketplace.store.previews.links import cards_of
from marketplace.store.schema import conversation_messages, conversations
from marketplace.store.schema.conversations import WAITS, WAITS_FOR_READER, WAITS_FOR_SHOP
from servicekit.database.statements import insert_into, is_any_of

_SAW = {Side.READER: conversations.c.reader_saw, Side.SHOP: conversations.c.shop_saw}
_WROTE = {
    Side.READER: (conversations.c.reader_wrote, conversations.c.reader_wrote_at),
    Side.SHOP: (conversations.c.shop_wrote, conversations.c.shop_wrote_at),
}
_NOTICED = {Side.READER: conversations.c.reader_noticed, Side.SHOP: conversations.c.shop_noticed}


class StoredConversations:
    """Conversations, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, conversation_id: str, reader_id: int | None, *, guest: Guest | None = None, at: datetime) -> None:
        """Add a conversation without messages, unless there is one with this id."""
        row = {
            "conversation_id": conversation_id,
            "reader_id": reader_id,
            "guest_email": guest.email if guest else None,
            "guest_name": guest.name if guest else None,
            "guest_language": guest.language if guest else None,
            "is_open": True,
            "changes": 0,
            "reader_saw": 0,
            "shop_saw": 0,
            "changed_at": at,
        }
        self._connection.execute(insert_into(self._connection, conversations).values(row).on_conflict_do_nothing())

    def lock(self, conversation_id: str) -> Conversation:
        """A conversation, locked against changes until the end of the transaction. Raises ConversationNotFound."""
        own = conversations.c.conversation_id == conversation_id
        self._connection.execute(select(conversations.c.conversation_id).where(own).with_for_update())
        return self.get(conversation_id)

    def get(self, conversation_id: str) -> Conversation:
        """A conversation with its messages in the order of their numbers. Raises ConversationNotFound."""
        # PostgreSQL fails on a NUL, which would look like an outage.
        if not is_order_id(conversation_id) and not is_contact_id(conversation_id):
            raise ConversationNotFound
        own = select(conversations).where(conversations.c.conversation_id == conversation_id)
        found = self._with_messages(self._connection.execute(own).all())
        if not found:
            raise ConversationNotFound
        return found[0]

    def of(self, reader_id: int, limit: int | None = None, offset: int = 0) -> list[Conversation]:
        """A reader's conversations, or a page of them, those that changed last first."""
        own = select(conversations).where(conversations.c.reader_id == reader_id)
        ordered = own.order_by(conversations.c.changed_at.desc(), conversations.c.conversation_id)
        return self._with_messages(self._connection.execute(ordered.limit(limit).offset(offset)).all())

    def count_of(self, reader_id: int) -> int:
        counted = select(func.count()).select_from(conversations).where(conversations.c.reader_id == reader_id)
        return int(self._connection.execute(counted).scalar_one())

    def put(self, conversation_id: str, message: Message, *, at: datetime) -> None:
        """Add or replace a message, which is the conversation's latest change and opens it."""
        row = {
            "message_id": message.id,
            "side": message.side.value,
            "version": message.version,
            "text": message.text,
            "sent_at": message.sent_at,
            "edited_at": message.edited_at,
            "change": message.change,
            "link_id": link_id(message.link) if message.link else None,
        }
        key = {"conversation_id": conversation_id, "number": message.number}
        statement = insert_into(self._connection, conversation_messages).values(key | row)
        self._connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=row))
        changed = update(conversations).where(conversations.c.conversation_id == conversation_id)
        values = {"changes": message.change, "is_open": True, "changed_at": at}
        self._connection.execute(changed.values(values))
        # An edit may be of an earlier message.
        wrote, wrote_at = _WROTE[message.side]
        is_new = changed.where(wrote < message.number)
        self._connection.execute(is_new.values({wrote: message.number, wrote_at: message.sent_at}))

    def with_link(self, of: str) -> list[Conversation]:
        """The conversations with a link in a message, by its id, locked as by `lock`."""
        has_link = select(conversation_messages.c.conversation_id).where(conversation_messages.c.link_id == of)
        found = select(conversations).where(conversations.c.conversation_id.in_(has_link))
        ordered = found.order_by(conversations.c.conversation_id).with_for_update()
        return self._with_messages(self._connection.execute(ordered).all())

    def change_card(self, conversation_id: str, of: str, change: int) -> None:
        """Note, as the conversation's latest change, that the cards of a link's messages have changed."""
        in_it = conversation_messages.c.conversation_id == conversation_id
        messages = update(conversation_messages).where(in_it, conversation_messages.c.link_id == of)
        self._connection.execute(messages.values(change=change))
        # It stays open or closed, and waits as long as before: nobody has written.
        own = update(conversations).where(conversations.c.conversation_id == conversation_id)
        self._connection.execute(own.values(changes=change))

    def see(self, conversation_id: str, side: Side, number: int) -> None:
        """Note that a side has seen the messages up to this number; never takes back what it has seen."""
        saw = _SAW[side]
        own = update(conversations).where(conversations.c.conversation_id == conversation_id, saw < number)
        self._connection.execute(own.values({saw: number}))

    def set_noticed(self, conversation_id: str, side: Side, number: int) -> None:
        """Note that a side has had a notice of the messages up to this number."""
        own = update(conversations).where(conversations.c.conversation_id == conversation_id)
        self._connection.execute(own.values({_NOTICED[side]: number}))

    def waiting(self, since: datetime, limit: int) -> list[str]:
        """The ids of conversations in which a notice is due.

        A side has neither seen the last message of the other, sent at `since` or before, nor had a notice of it.
        """
        is_due = or_(
            and_(WAITS_FOR_READER, conversations.c.shop_wrote_at <= since),
            and_(WAITS_FOR_SHOP, conversations.c.reader_wrote_at <= since),
        )
        # The first condition is that of the partial index.
        found = select(conversations.c.conversation_id).where(WAITS, is_due).limit(limit)
        return list(self._connection.scalars(found))

    def remove(self, conversation_id: str) -> None:
        """Delete a conversation with its messages."""
        self._connection.execute(delete(conversations).where(conversations.c.conversation_id == conversation_id))

    def remove_unchanged(self, since: datetime, limit: int) -> int:
        """Delete conversations that have not changed since; returns how many."""
        old = select(conversations.c.conversation_id).where(conversations.c.changed_at < since)
        # One that somebody writes to at this moment is left out.
        locked = old.order_by(conversations.c.changed_at).limit(limit).with_for_update(skip_locked=True)
        found = list(self._connection.scalars(locked))
        self._connection.execute(
            delete(conversations).where(is_any_of(self._connection, conversations.c.conversation_id, found))
        )
        return len(found)

    def set_open(self, conversation_id: str, *, is_open: bool) -> None:
        own = update(conversations).where(conversations.c.conversation_id == conversation_id)
        self._connection.execute(own.values(is_open=is_open))

    def open_ones(self, limit: int, offset: int = 0) -> list[Conversation]:
        """The open conversations, those that have waited longest first."""
        listed = select(conversations).where(conversations.c.is_open)
        ordered = listed.order_by(conversations.c.changed_at, conversations.c.conversation_id)
        return self._with_messages(self._connection.execute(ordered.limit(limit).offset(offset)).all())

    def count_open(self) -> int:
        counted = select(func.count()).select_from(conversations).where(conversations.c.is_open)
        return int(self._connection.execute(counted).scalar_one())

    def _with_messages(self, rows: Sequence[Row[Any]]) -> list[Conversation]:
        messages: dict[str, list[Message]] = {row.conversation_id: [] for row in rows}
        if messages:
            of_these = is_any_of(self._connection, conversation_messages.c.conversation_id, list(messages))
            found = select(conversation_messages).where(of_these).order_by(conversation_messages.c.number)
            stored = self._connection.execute(found).all()
            cards = cards_of(self._connection, {row.link_id for row in stored if row.link_id is not None})
            for row in stored:
                messages[row.conversation_id].append(_message(row, cards.get(row.link_id)))
        return [
            Conversation(
                id=row.conversation_id,
                reader_id=row.reader_id,
                guest=_guest(row),
                is_open=row.is_open,
                changes=row.changes,
                seen={Side.READER: row.reader_saw, Side.SHOP: row.shop_saw},
                noticed={Side.READER: row.reader_noticed, Side.SHOP: row.shop_noticed},
                messages=messages[row.conversation_id],
            )
            for row in rows
        ]


def _guest(row: Row[Any]) -> Guest | None:
    if row.guest_email is None:
        return None
    return Guest(email=row.guest_email, name=row.guest_name, language=row.guest_language)


def _message(row: Row[Any], card: Card | None) -> Message:
    return Message(
        number=row.number,
        id=row.message_id,
        side=Side(row.side),
        version=row.version,
        text=row.text,
        sent_at=row.sent_at,
        edited_at=row.edited_at,
        change=row.change,
        card=card,
    )
