"""The trace in which a message's event came."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; processes of the version before write messages without it."""
    op.add_column("messages", sa.Column("traceparent", sa.Text))
