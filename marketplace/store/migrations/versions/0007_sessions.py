"""Sessions of accounts, which end one by one, and the keys by which an addition to a cart counts once."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from servicekit.database.columns import UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Until now all sessions of an account had one key, which stays valid."""
    op.add_column("cart_lines", sa.Column("addition_key", sa.String(64), nullable=False, server_default=""))
    sessions = op.create_table(
        "sessions",
        sa.Column("session_key", sa.String(64), nullable=False),
        sa.Column("reader_id", sa.Integer, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("session_key", name="pk_sessions"),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["readers.reader_id"], name="fk_sessions_reader_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_sessions_of_reader", "sessions", ["reader_id"])
    op.create_index("ix_sessions_expired", "sessions", ["expires_at"])
    accounts = sa.table("accounts", sa.column("session_key", sa.String), sa.column("reader_id", sa.Integer))
    in_a_year = sa.literal(datetime.now(UTC) + timedelta(days=365), UtcDateTime)
    current = sa.select(accounts.c.session_key, accounts.c.reader_id, in_a_year)
    op.execute(sessions.insert().from_select(["session_key", "reader_id", "expires_at"], current))
    op.drop_column("accounts", "session_key")
    if op.get_bind().dialect.name == "postgresql":
        # Readers' data without samples, as in migration 0004.
        for column in ("session_key", "reader_id"):
            op.execute(f"ALTER TABLE sessions ALTER COLUMN {column} SET STATISTICS 0")
