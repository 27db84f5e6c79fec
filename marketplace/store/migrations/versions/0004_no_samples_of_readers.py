"""PostgreSQL keeps no samples of readers, so that nothing of a forgotten one stays in its statistics."""

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
    """Take none from now on; SQLite, as `servicekit.database` has it look at tables, keeps none anyway."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column in SAMPLED:
        # SQLAlchemy and Alembic know no such change.
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
