"""The catalogue, the shop's readers, the imported history and the outbox."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.columns import BIG_ID, UtcDateTime

revision = "0001"
down_revision = None

FIRST_READER_ID = 1_000_000_000


def upgrade() -> None:
    """Create the tables."""
    _catalogue()
    _readers()
    op.create_table(
        "imported_history",
        sa.Column("reader_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("book_id", sa.Integer, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("reader_id", "book_id", name="pk_imported_history"),
        sqlite_with_rowid=False,
    )
    _outbox()


def _catalogue() -> None:
    op.create_table(
        "books",
        sa.Column("book_id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("authors", sa.JSON, nullable=False),
        sa.Column("year", sa.Integer),
        sa.Column("isbn", sa.Text, nullable=False),
        sa.Column("subjects", sa.JSON, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("price_minor", sa.BigInteger),
        sa.Column("currency", sa.String(3)),
        sa.Column("stock", sa.Integer),
        sa.Column("picture", sa.Text, nullable=False),
        sa.Column("reader_count", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("book_id", name="pk_books"),
    )
    op.create_index("ix_books_best_sellers", "books", [sa.text("reader_count DESC"), "book_id"])
    op.create_table(
        "book_categories",
        sa.Column("book_id", sa.Integer, nullable=False),
        sa.Column("category", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("position", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("book_id", "category", name="pk_book_categories"),
        sa.ForeignKeyConstraint(
            ["book_id"], ["books.book_id"], name="fk_book_categories_book_id", ondelete="CASCADE"
        ),
    )


def _readers() -> None:
    op.create_table(
        "readers",
        sa.Column("reader_id", sa.Integer, sa.Identity(start=FIRST_READER_ID), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("reader_id", name="pk_readers"),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        # SQLite has no start value for identities; it continues after the largest id in sqlite_sequence.
        sequence = sa.table("sqlite_sequence", sa.column("name", sa.Text), sa.column("seq", sa.Integer))
        op.execute(sequence.insert().values(name="readers", seq=FIRST_READER_ID - 1))


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("event_id", BIG_ID, sa.Identity(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("refused_reason", sa.Text),
        sa.PrimaryKeyConstraint("event_id", name="pk_outbox"),
        sqlite_autoincrement=True,
    )
    waiting = sa.column("refused_reason", sa.Text).is_(None)
    op.create_index("ix_outbox_waiting", "outbox", ["event_id"], sqlite_where=waiting, postgresql_where=waiting)
