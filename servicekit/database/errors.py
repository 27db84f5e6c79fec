"""What errors of a database mean."""

from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout


def _is_unknown_table(error: DBAPIError) -> bool:
    # The database is not migrated yet. SQLite reports it as an OperationalError anyway.
    return getattr(error.orig, "sqlstate", None) == "42P01"


def is_outage(error: SQLAlchemyError) -> bool:
    """Whether the database failed, so that the same may succeed later; the others are faults of the program."""
    if isinstance(error, DBAPIError) and (error.connection_invalidated or _is_unknown_table(error)):
        return True
    if isinstance(error, ProgrammingError | IntegrityError | DataError):
        return False
    return isinstance(error, DatabaseError | InterfaceError | PoolTimeout)


def driver_message(error: BaseException | None) -> str:
    """The driver's message, in one line, without the statement and its parameters, which may be a reader's."""
    return str(getattr(error, "orig", None) or type(error).__name__).strip().partition("\n")[0]
