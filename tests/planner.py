"""What a database's planner knows."""

from sqlalchemy import Engine, text

from servicekit.database import reading


def rows_known(engine: Engine, table: str) -> int | None:
    """How many rows of a table the planner reckons with, None before anyone had it look."""
    with reading(engine) as connection:
        if connection.dialect.name == "postgresql":
            known = "SELECT reltuples FROM pg_class WHERE oid = to_regclass(:table)"
            rows = int(connection.execute(text(known), {"table": table}).scalar_one())
            return None if rows < 0 else rows
        if not connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")).all():
            return None
        known = "SELECT stat FROM sqlite_stat1 WHERE tbl = :table"
        stats = connection.execute(text(known), {"table": table}).scalars()
        # Of each index; one of a part of the rows has fewer.
        return max((int(stat.split()[0]) for stat in stats), default=None)
