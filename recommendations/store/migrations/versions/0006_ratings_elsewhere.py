"""The number and the average of a book's ratings elsewhere, as catalogues say them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns, without rewriting the table; they are filled when the books are imported again."""
    op.add_column("books", sa.Column("ratings_count", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("books", sa.Column("average_rating", sa.Double, nullable=False, server_default="0"))
