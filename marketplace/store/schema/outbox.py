"""The tables of what others must be told."""

from sqlalchemy import (
    JSON,
    Column,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
)

from marketplace.domain.events import Destination
from marketplace.store.schema.base import metadata
from servicekit.columns import BIG_ID, UtcDateTime

outbox = Table(
    "outbox",
    metadata,
    Column("event_id", BIG_ID, Identity(), primary_key=True),
    Column("destination", String(20), nullable=False, server_default=Destination.RECOMMENDATIONS.value),
    Column("kind", String(40), nullable=False),
    Column("payload", JSON, nullable=False),
    # Whose event it is, so that forgetting a reader takes it along.
    Column("reader_id", Integer),
    Column("created_at", UtcDateTime, nullable=False),
    # How often it failed by itself while its destination did answer.
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("refused_reason", Text),
    # A relay that deletes what it delivered must never meet an id for the second time.
    sqlite_autoincrement=True,
)
Index(
    "ix_outbox_waiting",
    outbox.c.destination,
    outbox.c.event_id,
    sqlite_where=outbox.c.refused_reason.is_(None),
    postgresql_where=outbox.c.refused_reason.is_(None),
)

# One row a destination: who delivers to it just now, until when, and whether it is left alone for a while.
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
