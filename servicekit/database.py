"""Database engines and transactions on SQLite and PostgreSQL."""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Condition
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    any_,
    create_engine,
    event,
    func,
    literal,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from servicekit.deadline import deadline, remaining

_BEGIN = "servicekit_begin"
_WRITE_LOCK = "servicekit_write_lock"
_CHECKOUT_SECONDS = "servicekit_checkout_seconds"
_ANALYSED_ROWS = 400
_BLOCKED_SECONDS = 0.5
_FEW = 20
_INTACT = "ok"
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


class DamagedDatabase(Exception):
    """The file of a database is damaged; the message says which, and what to do."""


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
    write_lock = _WriteLock(busy_timeout_ms / 1000, waiting_writers)
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
    from servicekit.postgresql import connector  # noqa: PLC0415  (SQLite needs no psycopg)

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
    write_lock: _WriteLock | None = engine.get_execution_options().get(_WRITE_LOCK)
    with write_lock.held() if write_lock else nullcontext(), _checked_out(engine) as connection:
        yield connection.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})


def _checked_out(engine: Engine) -> Connection:
    """A connection from the pool; checking and replacing a dead one takes no longer than a statement may."""
    seconds: float | None = engine.get_execution_options().get(_CHECKOUT_SECONDS)
    with nullcontext() if seconds is None else deadline(seconds):
        return engine.connect()


class _WriteLock:
    """Serializes the writing threads of a process.

    SQLite has one writer at a time too, but waiting ones poll, up to every tenth of a second: among many, some
    never get the lock and fail.
    """

    def __init__(self, timeout: float, waiting: int | None) -> None:
        """`timeout` is in seconds; `waiting` writers may wait while the lock is blocked, None for any number."""
        self._timeout = timeout
        self._most_waiting = waiting
        self._waiting = 0
        self._is_held = False
        self._released = Condition()
        self._attempted_since: float | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock during the block. Raises OperationalError on a timeout, as SQLite does."""
        self._acquire()
        try:
            yield
        finally:
            with self._released:
                self._is_held = False
                self._released.notify()

    @contextmanager
    def attempt(self) -> Iterator[int]:
        """The holder tries during the block to get the database's own lock; yields for how many milliseconds."""
        left = remaining()
        seconds = self._timeout if left is None else 0 if self._is_blocked else min(self._timeout, left)
        if self._attempted_since is None:
            self._attempted_since = time.monotonic()
        yield round(seconds * 1000)
        self._attempted_since = None

    @property
    def _is_blocked(self) -> bool:
        """Whether another process has had the database's lock for some time."""
        since = self._attempted_since
        return self._most_waiting is not None and since is not None and time.monotonic() > since + _BLOCKED_SECONDS

    def _acquire(self) -> None:
        left = remaining()
        ends = time.monotonic() + (self._timeout if left is None else min(self._timeout, left))
        with self._released:
            self._waiting += 1
            try:
                while self._is_held:
                    seconds = ends - time.monotonic()
                    if seconds <= 0 or (self._is_blocked and (left is not None or self._is_crowded)):
                        raise OperationalError(
                            None, None, sqlite3.OperationalError("database is locked in this process")
                        )
                    self._released.wait(min(seconds, _BLOCKED_SECONDS))
                self._is_held = True
            finally:
                self._waiting -= 1

    @property
    def _is_crowded(self) -> bool:
        return self._most_waiting is not None and self._waiting > self._most_waiting


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


def insert_into(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that supports ON CONFLICT, in the connection's dialect."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return insert(table)


def is_any_of(connection: Connection, column: ColumnElement[Any], values: Iterable[int | str]) -> ColumnElement[bool]:
    """Whether a column has one of any number of values.

    Many are a single parameter: `in_` has one for each, and SQLite allows 32,766 in a statement, PostgreSQL 65,535.
    """
    values = list(values)
    if len(values) <= _FEW:  # which is faster
        return column.in_(values)
    if connection.dialect.name == "postgresql":
        item = column.type if isinstance(column.type, Integer) else Text()
        return column == any_(literal(values, ARRAY(item)))
    return column.in_(select(func.json_each(json.dumps(values)).table_valued("value").c.value))


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


COUNT_ROWS = {"preserve_rowcount": True}
"""Execution options for an INSERT whose rowcount is needed; SQLAlchemy has none by default."""


def driver_message(error: BaseException | None) -> str:
    """The driver's message, in one line, without the statement and its parameters, which may be a reader's."""
    return str(getattr(error, "orig", None) or type(error).__name__).strip().partition("\n")[0]
