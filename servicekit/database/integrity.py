"""Finds damaged databases."""

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, OperationalError

from servicekit.database.engine import reading
from servicekit.database.errors import driver_message

_INTACT = "ok"


class DamagedDatabase(Exception):
    """The file of a database is damaged; the message says which, and what to do."""


def require_intact(engine: Engine) -> None:
    """Check all pages of an SQLite database: zeroed or torn ones would be served over, or fail much later.

    PostgreSQL checks its own. It takes about a second for each gigabyte, more if the disk is slow. Raises
    DamagedDatabase.
    """
    if engine.dialect.name != "sqlite":
        return
    try:
        with reading(engine) as connection:
            fault = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one())
    except OperationalError:
        raise  # it cannot be read now
    except DatabaseError as error:
        fault = driver_message(error)
    if fault != _INTACT:
        raise DamagedDatabase(
            f"the database {engine.url.database} is damaged ({' '.join(fault.split())}): nothing was changed; put a "
            "backup in its place, with its -wal file or without one, or recover it with `sqlite3 FILE .recover`"
        )
