"""The language that an account has chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the column; accounts that have chosen nothing have none."""
    op.add_column("accounts", sa.Column("language", sa.String(10)))
