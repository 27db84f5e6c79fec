"""The tables of the outbox and its deliveries."""

from sqlalchemy import JSON, Boolean, Column, Identity, Index, Integer, SmallInteger, String, Table, Text

from marketplace.domain.events import RECOMMENDATIONS
from marketplace.store.schema.base import metadata
from servicekit.database.columns import BIG_ID, UtcDateTime

outbox = Table(
    "outbox",
    metadata,
    Column("event_id", BIG_ID, Identity(), primary_key=True),
    Column("destination", String(20), nullable=False, server_default=RECOMMENDATIONS.value),
    Column("kind", String(40), nullable=False),
    Column("payload", JSON, nullable=False),
    # The reader with whose data the event is deleted.
    Column("reader_id", Integer),
    Column("created_at", UtcDateTime, nullable=False),
    # How often it failed when sent alone.
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("refused_reason", Text),
    # The relay deletes delivered events by id, so ids must never be reused.
    sqlite_autoincrement=True,
)
Index(
    "ix_outbox_waiting",
    outbox.c.destination,
    outbox.c.event_id,
    sqlite_where=outbox.c.refused_reason.is_(None),
    postgresql_where=outbox.c.refused_reason.is_(None),
)

# One row for each destination: the worker that holds its lease, and its backoff.
deliveries = Table(
    "deliveries",
    metadata,
    Column("destination", String(20), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("held_until", UtcDateTime, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("retry_at", UtcDateTime, nullable=False),
    Column("last_error", Text, nullable=False),
)

# Receivers of public events besides notices; numbers are never reused, since names of destinations contain them.
event_destinations = Table(
    "event_destinations",
    metadata,
    Column("number", BIG_ID, Identity(), primary_key=True),
    # The URL without user and password.
    Column("address", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    # None: all public types.
    Column("types", JSON, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("is_from_settings", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)

# What became of the latest events of each of these destinations.
event_log = Table(
    "event_log",
    metadata,
    Column("entry_id", BIG_ID, Identity(), primary_key=True),
    Column("destination", String(20), nullable=False),
    Column("event_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    # NULL: not kept.
    Column("payload", JSON(none_as_null=True)),
    # The reader with whose data the entry is deleted.
    Column("reader_id", Integer),
    Column("at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    # NULL: accepted.
    Column("error", Text),
    # Of the row in the outbox, which is still there if the delivery failed.
    Column("outbox_id", BIG_ID, nullable=False),
)
Index("ix_event_log_destination", event_log.c.destination, event_log.c.entry_id)
Index("ix_event_log_reader_id", event_log.c.reader_id)
