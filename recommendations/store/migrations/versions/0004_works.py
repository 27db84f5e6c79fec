"""The work that a book is an edition of."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add a column, without rewriting the table."""
    op.add_column("books", sa.Column("work", sa.Text, nullable=False, server_default=""))
