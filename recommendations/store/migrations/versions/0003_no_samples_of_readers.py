"""PostgreSQL keeps no samples of ids, so that no forgotten reader's stays in its statistics."""

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
    """Take none from now on; SQLite, as `servicekit.database` has it look at tables, keeps none anyway."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column in SAMPLED:
        # SQLAlchemy and Alembic know no such change.
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
