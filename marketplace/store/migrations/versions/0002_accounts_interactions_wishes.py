"""Accounts, the shop's own copy of interactions, and wishlists."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.columns import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables, and set the reader of each waiting event."""
    _accounts()
    _interactions()
    _wishes()
    op.add_column("outbox", sa.Column("reader_id", sa.Integer))
    outbox = sa.table("outbox", sa.column("payload", sa.JSON), sa.column("reader_id", sa.Integer))
    op.execute(outbox.update().values(reader_id=outbox.c.payload["reader_id"].as_integer()))


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("reader_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("session_key", sa.String(64), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("reader_id", name="pk_accounts"),
        _of_reader("accounts"),
    )
    op.create_index("ix_accounts_email", "accounts", ["email"], unique=True)


def _interactions() -> None:
    op.create_table(
        "interactions",
        sa.Column("interaction_id", sa.String(100), nullable=False),
        sa.Column("reader_id", sa.Integer, nullable=False),
        sa.Column("book_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        sa.Column("half_stars", sa.SmallInteger),
        sa.Column("recommendation_id", sa.String(64), nullable=False),
        sa.Column("occurred_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("interaction_id", name="pk_interactions"),
        _of_reader("interactions"),
    )
    op.create_index("ix_interactions_of_reader", "interactions", ["reader_id", "occurred_at"])
    rating, not_interested = 6, 7
    opinions = sa.column("kind", sa.SmallInteger).in_([rating, not_interested])
    op.create_index(
        "ix_interactions_opinions",
        "interactions",
        ["book_id", "kind", "reader_id"],
        unique=True,
        sqlite_where=opinions,
        postgresql_where=opinions,
    )


def _wishes() -> None:
    op.create_table(
        "wishes",
        sa.Column("reader_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("book_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("added_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("reader_id", "book_id", name="pk_wishes"),
        _of_reader("wishes"),
        sa.ForeignKeyConstraint(["book_id"], ["books.book_id"], name="fk_wishes_book_id", ondelete="CASCADE"),
    )


def _of_reader(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["reader_id"], ["readers.reader_id"], name=f"fk_{table}_reader_id", ondelete="CASCADE"
    )
