"""The tables of the HTTP API: tokens, and the answers to requests with an idempotency key."""

from sqlalchemy import JSON, Column, Date, ForeignKey, Identity, Index, SmallInteger, String, Table, Text

from marketplace.store.schema.base import metadata
from servicekit.database.columns import BIG_ID, UtcDateTime

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("token_id", BIG_ID, Identity(), primary_key=True),
    Column("secret_hash", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", JSON, nullable=False),
    # The moderator for whom it acts.
    Column("reader_id", ForeignKey("readers.reader_id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("last_used_on", Date),
    # Ids are never reused: without this SQLite would reuse the largest one after a deletion.
    sqlite_autoincrement=True,
)
Index("ix_api_tokens_name", api_tokens.c.name, unique=True)
Index("ix_api_tokens_reader_id", api_tokens.c.reader_id)

api_answers = Table(
    "api_answers",
    metadata,
    Column("token_id", ForeignKey("api_tokens.token_id", ondelete="CASCADE"), primary_key=True),
    Column("idempotency_key", String(64), primary_key=True),
    # A digest of the request.
    Column("digest", String(64), nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", Text, nullable=False),
    Column("answered_at", UtcDateTime, nullable=False),
)
Index("ix_api_answers_answered_at", api_answers.c.answered_at)
