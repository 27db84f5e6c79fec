"""What is known about URLs."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.columns import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "answers",
        sa.Column("url", sa.String(2048), primary_key=True),
        sa.Column("preview", sa.JSON),
        sa.Column("failure", sa.String(40)),
        sa.Column("expires_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_answers_expires_at", "answers", ["expires_at"])
