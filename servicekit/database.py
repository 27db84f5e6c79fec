"""Database engines and transactions, alike on SQLite and PostgreSQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, OperationalError

_BEGIN = "servicekit_begin"
_TURNS = "servicekit_turns"
_ANALYSED_ROWS = 400
CONNECT_TIMEOUT_SECONDS = 5


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


def open_engine(text: str, *, busy_timeout_ms: int = 5000, pool_size: int = 10, cache_mb: int = 2) -> Engine:
    """An engine for the database that `text` names; connects when it is first used.

    SQLite is opened in WAL mode with foreign keys on and every commit on disk (`synchronous=FULL`); what is deleted
    is overwritten, not only unlinked (`secure_delete`). A writer waits up to `busy_timeout_ms` for others of this
    process, and as long again for another process. Each connection to it keeps up to `cache_mb` of its pages. The
    text of an error, which ends up in logs, tells no parameters: they may be a reader's. Raises DatabaseUrlError.
    """
    url = database_url(text)
    if url.get_backend_name() != "sqlite":
        return create_engine(
            url,
            pool_size=pool_size,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS},
        )
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    turns = _Turns(busy_timeout_ms / 1000)
    engine = create_engine(url, pool_size=pool_size, hide_parameters=True, execution_options={_TURNS: turns})

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


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads."""
    with engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write, kept only if it is committed before the block ends.

    On SQLite it takes the write lock at once (`BEGIN IMMEDIATE`): a reader that turns writer half-way is
    refused by SQLite without waiting.
    """
    turns: _Turns | None = engine.get_execution_options().get(_TURNS)
    turn = turns.taken() if turns else nullcontext()
    with turn, engine.connect().execution_options(**{_BEGIN: "BEGIN IMMEDIATE"}) as connection:
        yield connection


class _Turns:
    """Has the writers of one process write one after the other.

    SQLite has one writer at a time too, but whoever waits for it sleeps and looks again, up to a tenth of a second
    later: where many write, some never find it free and are refused.
    """

    def __init__(self, timeout: float) -> None:
        """`timeout` is in seconds."""
        self._timeout = timeout
        self._turn = Lock()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a turn, and have it while the block lasts.

        Raises OperationalError, as SQLite does where it is another process that writes all the time.
        """
        if not self._turn.acquire(timeout=self._timeout):
            raise OperationalError(None, None, sqlite3.OperationalError("database is locked in this process"))
        try:
            yield
        finally:
            self._turn.release()


def refresh_statistics(engine: Engine, metadata: MetaData) -> None:
    """Have the database look anew at what these tables hold: by that it chooses among their indexes."""
    with writing(engine) as connection:
        if connection.dialect.name == "sqlite":
            # It would read every index from end to end, and other writers would wait. A part is enough; and of a
            # part it keeps numbers only, no values, which may be a reader's.
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
