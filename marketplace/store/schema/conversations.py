"""The tables of conversations between readers and the shop."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, SmallInteger, String, Table, Text

from marketplace.store.schema.base import metadata
from servicekit.database.columns import UtcDateTime

conversations = Table(
    "conversations",
    metadata,
    # Of the order that it is about.
    Column("conversation_id", ForeignKey("orders.order_id", ondelete="CASCADE"), primary_key=True),
    # It is deleted with its reader, although the order stays.
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="CASCADE"), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("changes", Integer, nullable=False),
    # The number of the last message that each side has seen.
    Column("reader_saw", Integer, nullable=False),
    Column("shop_saw", Integer, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)
Index("ix_conversations_reader_id", conversations.c.reader_id)
Index("ix_conversations_open", conversations.c.is_open, conversations.c.changed_at)

conversation_messages = Table(
    "conversation_messages",
    metadata,
    Column(
        "conversation_id",
        ForeignKey("conversations.conversation_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("number", Integer, primary_key=True, autoincrement=False),
    # The sender's own id: sent again, the message is found by it.
    Column("message_id", String(64), nullable=False),
    Column("side", String(6), nullable=False),
    Column("version", SmallInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("edited_at", UtcDateTime),
    Column("change", Integer, nullable=False),
    # Of the first link in the text.
    Column("link_id", String(64)),
)
Index("ix_conversation_messages_link_id", conversation_messages.c.link_id)
Index(
    "ix_conversation_messages_of_sender",
    conversation_messages.c.conversation_id,
    conversation_messages.c.side,
    conversation_messages.c.message_id,
    unique=True,
)
