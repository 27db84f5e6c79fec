"""Engines and transactions."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, MetaData, text
from sqlalchemy.exc import IntegrityError

from servicekit.database.engine import (
    DatabaseUrlError,
    database_url,
    open_engine,
    reading,
    refresh_statistics,
    writing,
)
from tests.planner import estimated_rows

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
def test_supported_urls(written: str, driver: str) -> None:
    """Each is opened with the installed driver."""
    assert database_url(written).drivername == driver


@pytest.mark.parametrize("written", ["", "hunter2", "mysql://u:hunter2@host/db", "postgresql://u:hunter2@host:x/db"])
def test_unsupported_urls(written: str) -> None:
    """The error does not repeat the URL, which may contain a password."""
    with pytest.raises(DatabaseUrlError) as caught:
        database_url(written)
    assert "hunter2" not in str(caught.value)
    assert "sqlite:///" in str(caught.value)
    assert caught.value.__cause__ is None


def test_without_commit_a_transaction_is_rolled_back(engine: Engine) -> None:
    """With and without an exception."""
    with writing(engine) as connection:
        connection.execute(text("UPDATE counters SET value = 5"))
    assert value(engine) == 0

    def fail() -> None:
        with writing(engine) as connection:
            connection.execute(text("UPDATE counters SET value = 6"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert value(engine) == 0
    with writing(engine) as connection:
        connection.execute(text("UPDATE counters SET value = 7"))
        connection.commit()
    assert value(engine) == 7


def test_a_reading_transaction_keeps_nothing(engine: Engine) -> None:
    """A write in it is rolled back."""
    with reading(engine) as connection:
        connection.execute(text("UPDATE counters SET value = 5"))
    assert value(engine) == 0


def test_reading_then_writing_from_two_threads_loses_nothing(tmp_path: Path) -> None:
    """SQLite's write lock is taken before the first read: 100 increments all succeed and add up to 100."""
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
    """WAL, foreign keys, timeout, cache, commits on disk, deletions overwritten; its folder is created."""
    engine = open_engine(f"sqlite:///{tmp_path / 'new' / 'folder' / 'x.db'}", busy_timeout_ms=1234, cache_mb=3)
    with reading(engine) as connection:
        pragmas = {
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
    assert pragmas == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "busy_timeout": 1234,
        "cache_size": -3000,
        "synchronous": 2,
        "secure_delete": 1,
    }
    engine.dispose()


def test_a_reader_of_sqlite_sees_one_state(tmp_path: Path) -> None:
    """A reading transaction sees one snapshot, and does not block a writer."""
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


def test_errors_do_not_show_parameters(engine: Engine) -> None:
    """An error has the statement and not the values, which may be a reader's."""
    with pytest.raises(IntegrityError) as caught, writing(engine) as connection:
        connection.execute(text("INSERT INTO counters VALUES (1, :value)"), {"value": 424242})
    assert "INSERT INTO counters" in str(caught.value)
    assert "424242" not in str(caught.value)


def test_statistics_are_refreshed(engine: Engine) -> None:
    """The planner has the current number of rows of the given tables, and none of others."""
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE others (id INTEGER PRIMARY KEY)"))
        connection.execute(text("INSERT INTO others VALUES (1)"))
        connection.commit()
    metadata = MetaData()
    metadata.reflect(engine, only=["counters"])
    assert estimated_rows(engine, "counters") is None
    refresh_statistics(engine, metadata)
    assert estimated_rows(engine, "counters") == 1
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO counters VALUES (2, 0), (3, 0)"))
        connection.commit()
    assert estimated_rows(engine, "counters") == 1
    refresh_statistics(engine, metadata)
    assert (estimated_rows(engine, "counters"), estimated_rows(engine, "others")) == (3, None)


def test_statistics_of_sqlite_are_estimated_from_a_sample(tmp_path: Path) -> None:
    """Not all rows of a large table are read, because other writers wait meanwhile."""
    engine = open_engine(f"sqlite:///{tmp_path / 'large.db'}")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE large (x INTEGER)"))
        connection.execute(text("CREATE INDEX ix_large ON large (x)"))
        # Unevenly distributed, so that an estimate cannot be exact by chance.
        rows = [{"x": 0}] * 20_000 + [{"x": number} for number in range(1, 20_001)]
        connection.execute(text("INSERT INTO large VALUES (:x)"), rows)
        connection.commit()
    metadata = MetaData()
    metadata.reflect(engine)
    refresh_statistics(engine, metadata)
    assert estimated_rows(engine, "large") not in {None, 40_000}
    engine.dispose()
