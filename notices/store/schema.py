"""The tables."""

from sqlalchemy import JSON, Column, Identity, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

from notices.domain import State
from servicekit.database.columns import BIG_ID, UtcDateTime

MAX_EVENT_ID_LENGTH = 200

metadata = MetaData()

# The events that have been accepted.
inbox = Table(
    "inbox",
    metadata,
    Column("event_id", String(MAX_EVENT_ID_LENGTH), primary_key=True),
    Column("received_at", UtcDateTime, nullable=False),
)
Index("ix_inbox_received_at", inbox.c.received_at)

# Readers that are deleted, or merged into another one: a late event must not bring anything of them back.
tombstones = Table(
    "tombstones",
    metadata,
    Column("reader_id", Integer, primary_key=True, autoincrement=False),
    Column("into_reader", Integer),
    Column("created_at", UtcDateTime, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("message_id", BIG_ID, Identity(), primary_key=True),
    Column("event_id", String(MAX_EVENT_ID_LENGTH), nullable=False),
    Column("channel", String(10), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("reader_id", Integer, index=True),
    Column("kind", String(40), nullable=False),
    Column("language", String(10), nullable=False),
    Column("data", JSON, nullable=False),
    Column("state", String(10), nullable=False, server_default=State.WAITING.value),
    Column("created_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    # When to send it, or, while it is being sent, when another process may.
    Column("next_at", UtcDateTime, nullable=False),
    Column("give_up_at", UtcDateTime, nullable=False),
    # Who is sending it.
    Column("holder", String(32)),
    Column("settled_at", UtcDateTime),
    Column("last_error", Text, nullable=False, server_default=""),
    # NULL: of no recorded trace.
    Column("traceparent", Text),
    UniqueConstraint("event_id", "channel", name="uq_messages_event_channel"),
    # Files are named by id, so ids must never be reused.
    sqlite_autoincrement=True,
)
Index("ix_messages_due", messages.c.state, messages.c.channel, messages.c.next_at)
Index("ix_messages_settled", messages.c.state, messages.c.settled_at)
