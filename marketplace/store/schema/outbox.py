"""The tables of the outbox and its deliveries."""

from sqlalchemy import JSON, Column, Identity, Index, Integer, SmallInteger, String, Table, Text

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
