"""The number of parameters that a statement may have."""

import sqlite3
from typing import Any

from sqlalchemy import Engine, event


def allow_parameters(engine: Engine, count: int) -> None:
    """Allow fewer parameters in a statement, so that a test need not exceed what this build of SQLite allows.

    PostgreSQL allows 65,535.
    """

    def limit(connection: Any, _record: Any) -> None:
        connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, count)

    if engine.dialect.name == "sqlite":
        engine.dispose()
        event.listen(engine, "connect", limit)
