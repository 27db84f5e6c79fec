"""The tables of conversations between readers and the shop."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, SmallInteger, String, Table, Text, and_, or_

from marketplace.store.schema.base import metadata
from servicekit.database.columns import UtcDateTime

conversations = Table(
    "conversations",
    metadata,
    # The number of the order that it is about, or a random id.
    Column("conversation_id", String(32), primary_key=True),
    # It is deleted with its reader, although the order stays. None: of a guest without an account.
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="CASCADE")),
    Column("guest_email", Text),
    Column("guest_name", Text),
    Column("guest_language", String(10)),
    Column("is_open", Boolean, nullable=False),
    Column("changes", Integer, nullable=False),
    # The number of the last message that each side has seen.
    Column("reader_saw", Integer, nullable=False),
    Column("shop_saw", Integer, nullable=False),
    # The last message that each side has written, and the number of the last one that it has had a notice of.
    Column("reader_wrote", Integer, nullable=False, server_default="0"),
    Column("shop_wrote", Integer, nullable=False, server_default="0"),
    Column("reader_wrote_at", UtcDateTime),
    Column("shop_wrote_at", UtcDateTime),
    Column("reader_noticed", Integer, nullable=False, server_default="0"),
    Column("shop_noticed", Integer, nullable=False, server_default="0"),
    Column("changed_at", UtcDateTime, nullable=False),
)
Index("ix_conversations_reader_id", conversations.c.reader_id)
Index("ix_conversations_open", conversations.c.is_open, conversations.c.changed_at)
Index("ix_conversations_changed_at", conversations.c.changed_at)
_columns = conversations.c
WAITS_FOR_READER = and_(_columns.shop_wrote > _columns.reader_saw, _columns.shop_wrote > _columns.reader_noticed)
"""The last message of the shop has neither been seen by the reader nor become a notice."""
WAITS_FOR_SHOP = and_(_columns.reader_wrote > _columns.shop_saw, _columns.reader_wrote > _columns.shop_noticed)
WAITS = or_(WAITS_FOR_READER, WAITS_FOR_SHOP)
# Few conversations are in it, so looking every minute costs nothing.
Index("ix_conversations_waiting", _columns.conversation_id, sqlite_where=WAITS, postgresql_where=WAITS)

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
