"""No samples of readers' data in PostgreSQL's statistics, so that nothing of a deleted reader stays."""

from alembic import op

revision = "0004"
down_revision = "0003"

SAMPLED = (
    ("readers", "reader_id"),
    ("accounts", "reader_id"),
    ("accounts", "email"),
    ("accounts", "password_hash"),
    ("accounts", "session_key"),
    ("interactions", "interaction_id"),
    ("interactions", "reader_id"),
    ("wishes", "reader_id"),
    ("outbox", "reader_id"),
    ("outbox", "payload"),
)


def upgrade() -> None:
    """Turn samples off; SQLite, as `servicekit.database.engine` analyses tables, keeps none anyway."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column in SAMPLED:
        # SQLAlchemy and Alembic have no operation for this.
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
