"""PostgreSQL keeps no samples of ids, so that its statistics name no forgotten reader."""

from alembic import op

revision = "0003"
down_revision = "0002"

SAMPLED = (
    ("interactions", "reader_id"),
    ("interactions", "id"),
    ("interactions", "undoes"),
    ("tombstones", "reader_id"),
)


def upgrade() -> None:
    """Stop sampling on PostgreSQL; SQLite's statistics never have samples."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column in SAMPLED:
        # SQLAlchemy and Alembic cannot express this.
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
