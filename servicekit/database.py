"""Database engines and transactions, alike on SQLite and PostgreSQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, OperationalError

from servicekit.deadline import deadline, remaining

_BEGIN = "servicekit_begin"
_WRITE_LOCK = "servicekit_write_lock"
_CHECKOUT_SECONDS = "servicekit_checkout_seconds"
_ANALYSED_ROWS = 400
LEAST_CONNECT_SECONDS = 2
"""What libpq takes for any shorter connect timeout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long PostgreSQL is waited for, in seconds.

    `connect` is for a connection, `statement` for the reply to a statement, and `tcp` for the machine at the other
    end to acknowledge what was sent.
    """

    connect: int
    statement: float
    tcp: float


class DatabaseUrlError(ValueError):
    """The URL names no database that this program can open."""


def database_url(text: str) -> URL:
    """Parse a database URL, `sqlite:///…` or `postgresql://…`.

    Raises DatabaseUrlError, whose message never repeats the URL: it may hold a password.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise DatabaseUrlError("not a database URL; write sqlite:///file or postgresql://…") from None
    if url.get_backend_name() == "sqlite":
        return url.set(drivername="sqlite+pysqlite")
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    raise DatabaseUrlError("only sqlite:///file and postgresql://… are supported")


def open_engine(
    text: str,
    *,
    timeouts: Timeouts | None = None,
    busy_timeout_ms: int = 5000,
    pool_size: int = 10,
    pool_timeout: float = 30.0,
    cache_mb: int = 2,
) -> Engine:
    """An engine for the database that `text` names; connects when it is first used.

    There are at most `pool_size` connections, for one of which a thread waits `pool_timeout` seconds. Connections to
    PostgreSQL have `timeouts`, which the client keeps too. SQLite is opened in WAL mode with foreign keys on and
    every commit on disk (`synchronous=FULL`); deleted content is overwritten (`secure_delete`). A writer waits up to
    `busy_timeout_ms` for others of this process, and as long again for another process. Each connection to it caches
    up to `cache_mb`. The text of an error, which ends up in logs, holds no parameters: they may be a reader's.
    Raises DatabaseUrlError.
    """
    url = database_url(text)
    pool = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": pool_timeout, "hide_parameters": True}
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_pre_ping=True, **pool)
        if timeouts is not None:
            engine.update_execution_options(**{_CHECKOUT_SECONDS: timeouts.statement})
            _keep(engine, timeouts)
        return engine
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    write_lock = _WriteLock(busy_timeout_ms / 1000)
    engine = create_engine(url, execution_options={_WRITE_LOCK: write_lock}, **pool)

    # SQLAlchemy's recipe: let the driver begin nothing by itself, so that we choose how each transaction begins.
    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout={busy_timeout_ms}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA cache_size=-{cache_mb * 1000}")
        connection.execute("PRAGMA secure_delete=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))

    return engine


def _keep(engine: Engine, timeouts: Timeouts) -> None:
    from servicekit.postgresql import connector  # noqa: PLC0415  (who uses SQLite need not load psycopg)

    connect = connector(timeouts)

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, args: Any, arguments: Any) -> Any:
        return connect(*args, **arguments)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads."""
    with _checked_out(engine) as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write, kept only if it is committed before the block ends.

    On SQLite it takes the write lock at once (`BEGIN IMMEDIATE`): a transaction that reads before it writes is
    refused by SQLite without waiting.
    """
    write_lock: _WriteLock | None = engine.get_execution_options().get(_WRITE_LOCK)
    with write_lock.held() if write_lock else nullcontext(), _checked_out(engine) as connection:
        yield connection.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})


def _checked_out(engine: Engine) -> Connection:
    """A connection of the pool: to find out that it is dead, and to replace it, take no longer than a statement."""
    seconds: float | None = engine.get_execution_options().get(_CHECKOUT_SECONDS)
    with nullcontext() if seconds is None else deadline(seconds):
        return engine.connect()


class _WriteLock:
    """Has the threads of a process write one after the other.

    SQLite has one writer at a time too, but a waiting one polls, up to a tenth of a second apart: where many write,
    some never find it free and are refused.
    """

    def __init__(self, timeout: float) -> None:
        """`timeout` is in seconds."""
        self._timeout = timeout
        self._lock = Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the lock, and hold it during the block.

        Raises OperationalError, as SQLite does where another process writes all the time.
        """
        left = remaining()
        if not self._lock.acquire(timeout=self._timeout if left is None else min(self._timeout, left)):
            raise OperationalError(None, None, sqlite3.OperationalError("database is locked in this process"))
        try:
            yield
        finally:
            self._lock.release()


def refresh_statistics(engine: Engine, metadata: MetaData) -> None:
    """Update the statistics by which the database chooses among the indexes of these tables."""
    with writing(engine) as connection:
        if connection.dialect.name == "sqlite":
            # Otherwise it reads every index from end to end while other writers wait. Of a sample it keeps counts
            # only, no values, which may be a reader's.
            connection.exec_driver_sql(f"PRAGMA analysis_limit={_ANALYSED_ROWS}")
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f"ANALYZE {connection.dialect.identifier_preparer.format_table(table)}")
        connection.commit()


def insert_into(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that can say ON CONFLICT, in the connection's dialect."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return insert(table)


COUNTING = {"preserve_rowcount": True}
"""Execution options for an INSERT whose rows are counted: SQLAlchemy does so only when asked."""


def drivers_words(error: BaseException | None) -> str:
    """What the driver said, in one line, without the statement and its parameters: those may be a reader's."""
    return str(getattr(error, "orig", None) or type(error).__name__).strip().partition("\n")[0]
