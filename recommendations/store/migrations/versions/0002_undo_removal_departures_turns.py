"""Undos, removed books, tombstones of readers, and the order in which models are served."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add columns and indexes, without rewriting a table, and the tombstones."""
    op.add_column("books", sa.Column("added_on", sa.Date))
    op.add_column("books", sa.Column("isbn", sa.Text, nullable=False, server_default=""))
    op.add_column("books", sa.Column("removed", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("interactions", sa.Column("undoes", sa.Text))
    op.create_index("ix_interactions_reader_id", "interactions", ["reader_id", "sequence"])
    op.create_index(
        "ix_interactions_undoes",
        "interactions",
        ["undoes", "reader_id"],
        sqlite_where=sa.column("undoes").is_not(None),
        postgresql_where=sa.column("undoes").is_not(None),
    )
    op.create_table(
        "tombstones",
        sa.Column("reader_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("into_reader_id", sa.Integer),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_tombstones_into_reader_id", "tombstones", ["into_reader_id"])
    op.create_index("ix_tombstones_revision", "tombstones", ["revision"])
    op.add_column("models", sa.Column("turn", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("models", sa.Column("withdrawn", sa.Boolean, nullable=False, server_default=sa.false()))
    models = sa.table("models", sa.column("id", sa.BigInteger), sa.column("turn", sa.BigInteger))
    op.execute(sa.update(models).values(turn=models.c.id))
