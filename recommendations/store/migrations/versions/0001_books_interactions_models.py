"""Books, interactions and models."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.columns import BIG_ID, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "books",
        sa.Column("book_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("authors", sa.JSON, nullable=False),
        sa.Column("categories", sa.JSON, nullable=False),
        sa.Column("subjects", sa.JSON, nullable=False),
        sa.Column("year", sa.Integer),
        sa.Column("published_on", sa.Date),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_books_revision", "books", ["revision"])
    op.create_table(
        "interactions",
        sa.Column("sequence", BIG_ID, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("reader_id", sa.Integer, nullable=False),
        sa.Column("book_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("occurred_at", UtcDateTime),
        sa.Column("recommendation_id", sa.Text, nullable=False),
        sa.UniqueConstraint("id", name="uq_interactions_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "models",
        sa.Column("id", BIG_ID, primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("manifest", sa.JSON, nullable=False),
        sa.UniqueConstraint("version", name="uq_models_version"),
        sqlite_autoincrement=True,
    )
