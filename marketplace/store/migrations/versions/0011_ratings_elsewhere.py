"""The number and the average of a book's ratings elsewhere, which sorts books with equally many readers."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the columns, which are filled when the books are imported again, and sort best-sellers by them too."""
    op.add_column("books", sa.Column("ratings_count", sa.Integer, nullable=False, server_default="0"))
    op.add_column("books", sa.Column("average_rating", sa.Double, nullable=False, server_default="0"))
    op.drop_index("ix_books_best_sellers", "books")
    op.create_index(
        "ix_books_best_sellers", "books", [sa.text("reader_count DESC"), sa.text("ratings_count DESC"), "book_id"]
    )
