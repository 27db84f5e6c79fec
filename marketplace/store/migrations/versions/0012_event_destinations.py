"""Destinations of published events, and the log of what became of the events."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.columns import BIG_ID, UtcDateTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the tables; at its next start the shop adds the addresses that its settings name."""
    op.create_table(
        "event_destinations",
        sa.Column("number", BIG_ID, sa.Identity(), primary_key=True),
        sa.Column("address", sa.Text, nullable=False, unique=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("types", sa.JSON, nullable=False),
        sa.Column("is_enabled", sa.Boolean, nullable=False),
        sa.Column("is_from_settings", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "event_log",
        sa.Column("entry_id", BIG_ID, sa.Identity(), primary_key=True),
        sa.Column("destination", sa.String(20), nullable=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("payload", sa.JSON),
        sa.Column("reader_id", sa.Integer),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("outbox_id", BIG_ID, nullable=False),
    )
    op.create_index("ix_event_log_destination", "event_log", ["destination", "entry_id"])
    op.create_index("ix_event_log_reader_id", "event_log", ["reader_id"])
