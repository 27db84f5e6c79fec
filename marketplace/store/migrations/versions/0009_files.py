"""What files of books and interactions bring: ids of their own, works, ratings; and what moderators have edited."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.columns import UtcDateTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns; they are filled when the files are imported again."""
    op.add_column("books", sa.Column("work", sa.Text, nullable=False, server_default=""))
    op.add_column("books", sa.Column("external_id", sa.Text, nullable=False, server_default=""))
    op.add_column("books", sa.Column("edited", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("books", sa.Column("imported_ratings", sa.Integer, nullable=False, server_default="0"))
    op.add_column("books", sa.Column("imported_half_stars", sa.Integer, nullable=False, server_default="0"))
    op.add_column("imported_history", sa.Column("half_stars", sa.SmallInteger))
    op.add_column("imported_history", sa.Column("rated_at", UtcDateTime))
