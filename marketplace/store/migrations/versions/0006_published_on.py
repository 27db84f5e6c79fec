"""The day of a book's publication, which the shop sends to Recommendations with every change of a book."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; it is filled when the books are imported again."""
    op.add_column("books", sa.Column("published_on", sa.Date))
