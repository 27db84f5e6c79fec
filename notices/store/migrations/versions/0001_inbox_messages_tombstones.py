"""The inbox of events, the messages to send, and tombstones of readers."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.columns import BIG_ID, UtcDateTime

revision = "0001"
down_revision = None

# No samples of readers' data in PostgreSQL's statistics, so that nothing of a deleted reader stays.
SAMPLED = ("reader_id", "recipient", "data", "last_error")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.String(200), primary_key=True),
        sa.Column("received_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_inbox_received_at", "inbox", ["received_at"])
    op.create_table(
        "tombstones",
        sa.Column("reader_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("into_reader", sa.Integer),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "messages",
        sa.Column("message_id", BIG_ID, sa.Identity(), primary_key=True),
        sa.Column("event_id", sa.String(200), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("reader_id", sa.Integer),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("language", sa.String(10), nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("state", sa.String(10), nullable=False, server_default="waiting"),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_at", UtcDateTime, nullable=False),
        sa.Column("give_up_at", UtcDateTime, nullable=False),
        sa.Column("holder", sa.String(32)),
        sa.Column("settled_at", UtcDateTime),
        sa.Column("last_error", sa.Text, nullable=False, server_default=""),
        sa.UniqueConstraint("event_id", "channel", name="uq_messages_event_channel"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_messages_reader_id", "messages", ["reader_id"])
    op.create_index("ix_messages_due", "messages", ["state", "channel", "next_at"])
    op.create_index("ix_messages_settled", "messages", ["state", "settled_at"])
    if op.get_bind().dialect.name == "postgresql":
        for column in SAMPLED:
            op.execute(f"ALTER TABLE messages ALTER COLUMN {column} SET STATISTICS 0")
