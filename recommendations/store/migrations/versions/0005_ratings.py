"""An index of ratings, so that those of a file can replace those that are stored."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the index."""
    op.create_index(
        "ix_interactions_ratings",
        "interactions",
        ["reader_id", "book_id"],
        sqlite_where=sa.text("kind = 6"),
        postgresql_where=sa.text("kind = 6"),
    )
