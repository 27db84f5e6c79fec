"""Links by mail, which reset a password or confirm an e-mail address."""

import sqlalchemy as sa
from alembic import op

from servicekit.database.columns import UtcDateTime

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Create the table; the addresses of existing accounts are not confirmed."""
    op.add_column("accounts", sa.Column("email_confirmed_at", UtcDateTime))
    op.create_table(
        "account_links",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("reader_id", sa.Integer),
        sa.Column("purpose", sa.String(10), nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_account_links"),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["readers.reader_id"], name="fk_account_links_reader_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_account_links_of_reader", "account_links", ["reader_id", "purpose"], unique=True)
    op.create_index("ix_account_links_expired", "account_links", ["expires_at"])
    if op.get_bind().dialect.name == "postgresql":
        # Readers' data without samples, as in migration 0004.
        for column in ("token_hash", "reader_id", "email"):
            op.execute(f"ALTER TABLE account_links ALTER COLUMN {column} SET STATISTICS 0")
