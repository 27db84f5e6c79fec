"""Database engines and transactions on SQLite and PostgreSQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from servicekit.database.write_lock import WriteLock
from servicekit.deadline import deadline

_BEGIN = "servicekit_begin"
_WRITE_LOCK = "servicekit_write_lock"
_CHECKOUT_SECONDS = "servicekit_checkout_seconds"
_ANALYSED_ROWS = 400
LEAST_CONNECT_SECONDS = 2
"""libpq uses this for any shorter connect timeout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long to wait for PostgreSQL, in seconds.

    `connect` is for a connection, `statement` for the reply to a statement, and `tcp` for the other machine to
    acknowledge data.
    """

    connect: int
    statement: float
    tcp: float


class DatabaseUrlError(ValueError):
    """The URL is malformed, or of a database that is not supported."""


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
    waiting_writers: int | None = None,
) -> Engine:
    """An engine for the database URL `text`; connects on first use.

    It has at most `pool_size` connections; a thread waits up to `pool_timeout` seconds for one. On PostgreSQL,
    server and client enforce `timeouts`. SQLite is in WAL mode with foreign keys and `synchronous=FULL`, overwrites
    deleted content (`secure_delete`) and caches up to `cache_mb` for each connection; a writer waits up to
    `busy_timeout_ms` for others of this process, and as long again for other processes. While the lock is not to be
    had for a longer time, only `waiting_writers` wait for the one that tries to get it, and none that has a deadline;
    the others fail at once. Errors do not show parameters, which may be a reader's. Raises DatabaseUrlError.
    """
    url = database_url(text)
    pool = {"pool_size": pool_size, "max_overflow": 0, "pool_timeout": pool_timeout, "hide_parameters": True}
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_pre_ping=True, **pool)
        if timeouts is not None:
            engine.update_execution_options(**{_CHECKOUT_SECONDS: timeouts.statement})
            _connect_with(engine, timeouts)
        return engine
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    write_lock = WriteLock(busy_timeout_ms / 1000, waiting_writers)
    engine = create_engine(url, execution_options={_WRITE_LOCK: write_lock}, **pool)

    # SQLAlchemy's recipe: the driver begins no transaction by itself, so that we choose how each begins.
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
        statement = connection.get_execution_options().get(_BEGIN, "BEGIN")
        if statement == "BEGIN":
            connection.exec_driver_sql(statement)
            return
        with write_lock.attempt() as milliseconds:
            # SQLite itself knows no deadline.
            connection.exec_driver_sql(f"PRAGMA busy_timeout={milliseconds}")
            try:
                connection.exec_driver_sql(statement)
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={busy_timeout_ms}")

    return engine


def _connect_with(engine: Engine, timeouts: Timeouts) -> None:
    from servicekit.database.postgresql import connector  # noqa: PLC0415  (SQLite needs no psycopg)

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
    """A transaction that may write; rolled back unless the block commits it.

    On SQLite it takes the write lock at once (`BEGIN IMMEDIATE`), because SQLite refuses one that reads before it
    writes without waiting.
    """
    write_lock: WriteLock | None = engine.get_execution_options().get(_WRITE_LOCK)
    with write_lock.held() if write_lock else nullcontext(), _checked_out(engine) as connection:
        yield connection.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})


def _checked_out(engine: Engine) -> Connection:
    """A connection from the pool; checking and replacing a dead one takes no longer than a statement may."""
    seconds: float | None = engine.get_execution_options().get(_CHECKOUT_SECONDS)
    with nullcontext() if seconds is None else deadline(seconds):
        return engine.connect()


def refresh_statistics(engine: Engine, metadata: MetaData) -> None:
    """Update the query planner's statistics of these tables."""
    with writing(engine) as connection:
        if connection.dialect.name == "sqlite":
            # Without a limit it reads whole indexes while other writers wait. It stores counts and no values, which
            # may be a reader's.
            connection.exec_driver_sql(f"PRAGMA analysis_limit={_ANALYSED_ROWS}")
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f"ANALYZE {connection.dialect.identifier_preparer.format_table(table)}")
        connection.commit()
