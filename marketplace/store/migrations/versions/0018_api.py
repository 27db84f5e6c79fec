"""Tokens of the HTTP API, and the answers to its requests with an idempotency key."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.columns import BIG_ID, UtcDateTime

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "api_tokens",
        sa.Column("token_id", BIG_ID, sa.Identity(), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("reader_id", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("last_used_on", sa.Date),
        sa.PrimaryKeyConstraint("token_id", name="pk_api_tokens"),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["readers.reader_id"], name="fk_api_tokens_reader_id", ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_api_tokens_name", "api_tokens", ["name"], unique=True)
    op.create_index("ix_api_tokens_reader_id", "api_tokens", ["reader_id"])
    op.create_table(
        "api_answers",
        sa.Column("token_id", BIG_ID, nullable=False),
        sa.Column("idempotency_key", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("headers", sa.JSON, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("answered_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("token_id", "idempotency_key", name="pk_api_answers"),
        sa.ForeignKeyConstraint(
            ["token_id"], ["api_tokens.token_id"], name="fk_api_answers_token_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_api_answers_answered_at", "api_answers", ["answered_at"])
    if op.get_bind().dialect.name == "postgresql":
        # Readers' data without samples, as in migration 0004.
        op.execute("ALTER TABLE api_tokens ALTER COLUMN reader_id SET STATISTICS 0")
