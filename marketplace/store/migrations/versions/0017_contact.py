"""Conversations that are about no order, and what is known of messages that nobody has seen."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.columns import UtcDateTime

revision = "0017"
down_revision = "0016"

_COUNTED = ("reader_wrote", "shop_wrote", "reader_noticed", "shop_noticed")
_WAITS = sa.text(
    "shop_wrote > reader_saw AND shop_wrote > reader_noticed"
    " OR reader_wrote > shop_saw AND reader_wrote > shop_noticed"
)
_COUNT = """
UPDATE conversations SET
    reader_wrote = coalesce((
        SELECT max(number) FROM conversation_messages AS sent
        WHERE sent.conversation_id = conversations.conversation_id AND side = 'reader'
    ), 0),
    shop_wrote = coalesce((
        SELECT max(number) FROM conversation_messages AS sent
        WHERE sent.conversation_id = conversations.conversation_id AND side = 'shop'
    ), 0)
"""


def upgrade() -> None:
    """Change the tables; nobody gets a notice of the messages from before."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        # SQLite makes the table anew, and dropping the old one deletes what refers to it.
        op.execute("CREATE TEMPORARY TABLE kept_messages AS SELECT * FROM conversation_messages")
        op.execute("DELETE FROM conversation_messages")
    with op.batch_alter_table("conversations") as table:
        table.drop_constraint("fk_conversations_conversation_id", type_="foreignkey")
        table.alter_column(
            "conversation_id", type_=sa.String(32), existing_type=sa.String(14), existing_nullable=False
        )
        table.alter_column("reader_id", nullable=True, existing_type=sa.Integer)
        table.add_column(sa.Column("guest_email", sa.Text))
        table.add_column(sa.Column("guest_name", sa.Text))
        table.add_column(sa.Column("guest_language", sa.String(10)))
        for name in _COUNTED:
            table.add_column(sa.Column(name, sa.Integer, nullable=False, server_default="0"))
        table.add_column(sa.Column("reader_wrote_at", UtcDateTime))
        table.add_column(sa.Column("shop_wrote_at", UtcDateTime))
    with op.batch_alter_table("conversation_messages") as table:
        table.alter_column(
            "conversation_id", type_=sa.String(32), existing_type=sa.String(14), existing_nullable=False
        )
    if is_sqlite:
        op.execute("INSERT INTO conversation_messages SELECT * FROM kept_messages")
        op.execute("DROP TABLE kept_messages")
    op.execute(_COUNT)
    op.execute("UPDATE conversations SET reader_noticed = shop_wrote, shop_noticed = reader_wrote")
    op.create_index("ix_conversations_changed_at", "conversations", ["changed_at"])
    op.create_index(
        "ix_conversations_waiting", "conversations", ["conversation_id"], sqlite_where=_WAITS, postgresql_where=_WAITS
    )
    if not is_sqlite:
        # Readers' data without samples, as in migration 0004.
        for column in ("guest_email", "guest_name"):
            op.execute(f"ALTER TABLE conversations ALTER COLUMN {column} SET STATISTICS 0")
