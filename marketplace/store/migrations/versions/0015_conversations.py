"""Conversations between readers and the shop."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.columns import UtcDateTime

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "conversations",
        sa.Column("conversation_id", sa.String(14), nullable=False),
        sa.Column("reader_id", sa.Integer, nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("changes", sa.Integer, nullable=False),
        sa.Column("reader_saw", sa.Integer, nullable=False),
        sa.Column("shop_saw", sa.Integer, nullable=False),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", name="pk_conversations"),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["orders.order_id"],
            name="fk_conversations_conversation_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["readers.reader_id"], name="fk_conversations_reader_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_conversations_reader_id", "conversations", ["reader_id"])
    op.create_index("ix_conversations_open", "conversations", ["is_open", "changed_at"])
    op.create_table(
        "conversation_messages",
        sa.Column("conversation_id", sa.String(14), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("side", sa.String(6), nullable=False),
        sa.Column("version", sa.SmallInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("sent_at", UtcDateTime, nullable=False),
        sa.Column("edited_at", UtcDateTime),
        sa.Column("change", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "number", name="pk_conversation_messages"),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.conversation_id"],
            name="fk_conversation_messages_conversation_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index(
        "ix_conversation_messages_of_sender",
        "conversation_messages",
        ["conversation_id", "side", "message_id"],
        unique=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        # Readers' data without samples, as in migration 0004.
        for column in ("message_id", "text"):
            op.execute(f"ALTER TABLE conversation_messages ALTER COLUMN {column} SET STATISTICS 0")
        op.execute("ALTER TABLE conversations ALTER COLUMN reader_id SET STATISTICS 0")
