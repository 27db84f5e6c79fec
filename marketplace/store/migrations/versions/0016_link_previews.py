"""What links lead to, and pictures."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.columns import UtcDateTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Create the tables, the column of messages and an index of books' own pictures."""
    op.create_table(
        "pictures",
        sa.Column("picture_id", sa.String(64), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("stored_at", UtcDateTime, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("picture_id", name="pk_pictures"),
    )
    op.create_table(
        "link_previews",
        sa.Column("link_id", sa.String(64), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("state", sa.String(6), nullable=False),
        sa.Column("error", sa.String(32), nullable=False),
        sa.Column("attempts", sa.SmallInteger, nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime, nullable=False),
        sa.Column("retry_at", UtcDateTime),
        sa.Column("title", sa.Text),
        sa.Column("description", sa.Text),
        sa.Column("site", sa.Text),
        sa.Column("authors", sa.JSON),
        sa.Column("isbn", sa.Text),
        sa.Column("picture_id", sa.String(64)),
        sa.PrimaryKeyConstraint("link_id", name="pk_link_previews"),
        sa.ForeignKeyConstraint(["picture_id"], ["pictures.picture_id"], name="fk_link_previews_picture_id"),
    )
    for column in ("used_at", "retry_at", "picture_id"):
        op.create_index(f"ix_link_previews_{column}", "link_previews", [column])
    op.add_column("conversation_messages", sa.Column("link_id", sa.String(64)))
    op.create_index("ix_conversation_messages_link_id", "conversation_messages", ["link_id"])
    is_own = sa.text("picture LIKE '/pictures/%'")
    op.create_index("ix_books_own_picture", "books", ["picture"], sqlite_where=is_own, postgresql_where=is_own)
    if op.get_bind().dialect.name == "postgresql":
        # Readers' data without samples, as in migration 0004.
        for column in ("link_id", "url", "title", "description", "site", "authors", "isbn", "picture_id"):
            op.execute(f"ALTER TABLE link_previews ALTER COLUMN {column} SET STATISTICS 0")
        for column in ("picture_id", "content"):
            op.execute(f"ALTER TABLE pictures ALTER COLUMN {column} SET STATISTICS 0")
        op.execute("ALTER TABLE conversation_messages ALTER COLUMN link_id SET STATISTICS 0")
