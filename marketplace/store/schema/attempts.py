"""The table of attempts that limits count."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from marketplace.store.schema.base import metadata
from servicekit.database.columns import UtcDateTime

attempts = Table(
    "attempts",
    metadata,
    Column("kind", String(40), primary_key=True),
    # An HMAC-SHA-256: keys are addresses and e-mails.
    Column("key_digest", String(64), primary_key=True),
    # Windows follow each other since 1970.
    Column("window_number", BigInteger, nullable=False),
    Column("in_window", Integer, nullable=False),
    Column("in_previous", Integer, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)
Index("ix_attempts_expires_at", attempts.c.expires_at)
