"""Engines and transactions."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, MetaData, select, text
from sqlalchemy.event import listen
from sqlalchemy.exc import IntegrityError, OperationalError

from servicekit.database import DatabaseUrlError, database_url, open_engine, reading, refresh_statistics, writing
from tests.planner import rows_known

DEADLINE = 60


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE counters (id INTEGER PRIMARY KEY, value INTEGER NOT NULL)"))
        connection.execute(text("INSERT INTO counters VALUES (1, 0)"))
        connection.commit()
    yield engine
    engine.dispose()


def value(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.execute(text("SELECT value FROM counters")).scalar_one())


@pytest.mark.parametrize(
    ("written", "driver"),
    [
        ("sqlite:///some/file.db", "sqlite+pysqlite"),
        ("postgresql://u:p@host/name", "postgresql+psycopg"),
        ("postgresql+psycopg2://u:p@host/name", "postgresql+psycopg"),
    ],
)
def test_urls_of_the_two_kinds(written: str, driver: str) -> None:
    """Either kind of database is opened with the driver that is installed."""
    assert database_url(written).drivername == driver


@pytest.mark.parametrize("written", ["", "hunter2", "mysql://u:hunter2@host/db", "postgresql://u:hunter2@host:x/db"])
def test_what_is_no_url_of_either_kind(written: str) -> None:
    """It is refused with a message that does not repeat it: there may be a password in it."""
    with pytest.raises(DatabaseUrlError) as caught:
        database_url(written)
    assert "hunter2" not in str(caught.value)
    assert "sqlite:///" in str(caught.value)
    assert caught.value.__cause__ is None


def test_without_commit_a_transaction_is_taken_back(engine: Engine) -> None:
    """Leaving the block is a rollback, with and without an exception."""
    with writing(engine) as connection:
        connection.execute(text("UPDATE counters SET value = 5"))
    assert value(engine) == 0

    def break_off() -> None:
        with writing(engine) as connection:
            connection.execute(text("UPDATE counters SET value = 6"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert value(engine) == 0
    with writing(engine) as connection:
        connection.execute(text("UPDATE counters SET value = 7"))
        connection.commit()
    assert value(engine) == 7


def test_a_reading_transaction_keeps_nothing(engine: Engine) -> None:
    """What is written in a transaction that only reads is not kept."""
    with reading(engine) as connection:
        connection.execute(text("UPDATE counters SET value = 5"))
    assert value(engine) == 0


def test_reading_then_writing_from_two_threads_loses_nothing(tmp_path: Path) -> None:
    """On SQLite the write lock comes before the first read: 100 increments are 100, and none is refused."""
    engine = open_engine(f"sqlite:///{tmp_path / 'count.db'}", busy_timeout_ms=30_000)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE counters (value INTEGER NOT NULL)"))
        connection.execute(text("INSERT INTO counters VALUES (0)"))
        connection.commit()

    def increment() -> None:
        for _ in range(50):
            with writing(engine) as connection:
                before = connection.execute(text("SELECT value FROM counters")).scalar_one()
                connection.execute(text("UPDATE counters SET value = :value"), {"value": before + 1})
                connection.commit()

    with ThreadPoolExecutor(2) as pool:
        for running in [pool.submit(increment) for _ in range(2)]:
            running.result(DEADLINE)
    assert value(engine) == 100
    engine.dispose()


def test_how_sqlite_is_opened(tmp_path: Path) -> None:
    """WAL, foreign keys, timeout and cache as told, commits on disk, deletions overwritten; a new folder is made."""
    engine = open_engine(f"sqlite:///{tmp_path / 'new' / 'folder' / 'x.db'}", busy_timeout_ms=1234, cache_mb=3)
    with reading(engine) as connection:
        told = {
            pragma: connection.execute(text(f"PRAGMA {pragma}")).scalar_one()
            for pragma in (
                "journal_mode",
                "foreign_keys",
                "busy_timeout",
                "cache_size",
                "synchronous",
                "secure_delete",
            )
        }
    assert told == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "busy_timeout": 1234,
        "cache_size": -3000,
        "synchronous": 2,
        "secure_delete": 1,
    }
    engine.dispose()


def test_a_reader_of_sqlite_sees_one_state(tmp_path: Path) -> None:
    """A reading transaction is of one moment, and does not stop a writer."""
    engine = open_engine(f"sqlite:///{tmp_path / 'state.db'}")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE counters (value INTEGER NOT NULL)"))
        connection.execute(text("INSERT INTO counters VALUES (0)"))
        connection.commit()
    with reading(engine) as connection:
        before = connection.execute(text("SELECT value FROM counters")).scalar_one()
        with writing(engine) as writer:
            writer.execute(text("UPDATE counters SET value = 9"))
            writer.commit()
        assert connection.execute(text("SELECT value FROM counters")).scalar_one() == before
    assert value(engine) == 9
    engine.dispose()


def test_a_second_writer_is_refused_after_the_timeout(tmp_path: Path) -> None:
    """A lock that is not given up within the busy timeout is an OperationalError."""
    engine = open_engine(f"sqlite:///{tmp_path / 'busy.db'}", busy_timeout_ms=20)
    with writing(engine) as first:
        first.execute(text("CREATE TABLE t (x INTEGER)"))
        with pytest.raises(OperationalError, match="locked"), writing(engine) as second:
            second.execute(select(1))
    engine.dispose()


def test_writers_of_one_process_come_one_after_the_other(tmp_path: Path) -> None:
    """A waiting writer holds no connection and sends SQLite nothing until the one before is done."""
    engine = open_engine(f"sqlite:///{tmp_path / 'turns.db'}")
    arrived, connected = Event(), Event()

    def write() -> None:
        arrived.set()
        with writing(engine) as connection:
            connection.execute(text("SELECT 1"))

    with ThreadPoolExecutor(1) as pool:
        with writing(engine) as connection:
            connection.execute(text("SELECT 1"))
            listen(engine, "checkout", lambda *_: connected.set())
            second = pool.submit(write)
            assert arrived.wait(DEADLINE)
            assert not connected.wait(0.2)
        second.result(DEADLINE)
    assert connected.is_set()
    engine.dispose()


def test_errors_tell_no_parameters(engine: Engine) -> None:
    """An error's text names the statement and not the values, which may be a reader's."""
    with pytest.raises(IntegrityError) as caught, writing(engine) as connection:
        connection.execute(text("INSERT INTO counters VALUES (1, :value)"), {"value": 424242})
    assert "INSERT INTO counters" in str(caught.value)
    assert "424242" not in str(caught.value)


def test_statistics_are_of_what_the_tables_hold_by_now(engine: Engine) -> None:
    """The planner knows the rows of the tables that are named, as they are when it looks, and of no others."""
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE others (id INTEGER PRIMARY KEY)"))
        connection.execute(text("INSERT INTO others VALUES (1)"))
        connection.commit()
    metadata = MetaData()
    metadata.reflect(engine, only=["counters"])
    assert rows_known(engine, "counters") is None
    refresh_statistics(engine, metadata)
    assert rows_known(engine, "counters") == 1
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO counters VALUES (2, 0), (3, 0)"))
        connection.commit()
    assert rows_known(engine, "counters") == 1
    refresh_statistics(engine, metadata)
    assert (rows_known(engine, "counters"), rows_known(engine, "others")) == (3, None)


def test_statistics_of_sqlite_come_of_a_part(tmp_path: Path) -> None:
    """The rows of a large table are reckoned up and not all read, for which other writers would have to wait."""
    engine = open_engine(f"sqlite:///{tmp_path / 'large.db'}")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE large (x INTEGER)"))
        connection.execute(text("CREATE INDEX ix_large ON large (x)"))
        # Rows of two sizes, so that who reads a part cannot come upon their number by chance.
        rows = [{"x": 0}] * 20_000 + [{"x": number} for number in range(1, 20_001)]
        connection.execute(text("INSERT INTO large VALUES (:x)"), rows)
        connection.commit()
    metadata = MetaData()
    metadata.reflect(engine)
    refresh_statistics(engine, metadata)
    assert rows_known(engine, "large") not in {None, 40_000}
    engine.dispose()
