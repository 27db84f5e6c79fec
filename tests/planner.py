"""The statistics of a database's query planner."""

from sqlalchemy import Engine, text

from servicekit.database.engine import reading


def estimated_rows(engine: Engine, table: str) -> int | None:
    """The planner's estimate of a table's rows, None before statistics exist."""
    with reading(engine) as connection:
        if connection.dialect.name == "postgresql":
            known = "SELECT reltuples FROM pg_class WHERE oid = to_regclass(:table)"
            rows = int(connection.execute(text(known), {"table": table}).scalar_one())
            return None if rows < 0 else rows
        if not connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")).all():
            return None
        known = "SELECT stat FROM sqlite_stat1 WHERE tbl = :table"
        stats = connection.execute(text(known), {"table": table}).scalars()
        # One for each index; a partial index has fewer rows.
        return max((int(stat.split()[0]) for stat in stats), default=None)
