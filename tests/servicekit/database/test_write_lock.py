"""Writers of SQLite."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from itertools import islice
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import select, text
from sqlalchemy.event import listen
from sqlalchemy.exc import OperationalError

from servicekit.database.engine import open_engine, reading, writing
from servicekit.deadline import deadline

DEADLINE = 60


def test_a_second_writer_is_refused_after_the_timeout(tmp_path: Path) -> None:
    """OperationalError is raised if the lock is not free within the busy timeout."""
    engine = open_engine(f"sqlite:///{tmp_path / 'busy.db'}", busy_timeout_ms=20)
    with writing(engine) as first:
        first.execute(text("CREATE TABLE t (x INTEGER)"))
        with pytest.raises(OperationalError, match="locked"), writing(engine) as second:
            second.execute(select(1))
    engine.dispose()


def test_few_writers_wait_for_a_blocked_database(tmp_path: Path) -> None:
    """While another process has SQLite's lock, one tries and one waits; the others fail long before the timeout."""
    path = tmp_path / "blocked.db"
    engine = open_engine(f"sqlite:///{path}", busy_timeout_ms=120_000, waiting_writers=1)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
        connection.commit()

    def write() -> None:
        with writing(engine) as connection:
            connection.execute(text("INSERT INTO t VALUES (1)"))
            connection.commit()

    with ThreadPoolExecutor(8) as pool, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writes = [pool.submit(write) for _ in range(8)]
        failed = list(islice(as_completed(writes, DEADLINE), 6))
        assert all(isinstance(write.exception(), OperationalError) for write in failed)
        other.execute("ROLLBACK")
        for waiting in set(writes) - set(failed):
            waiting.result(DEADLINE)
        write()
        with reading(engine) as connection:
            assert connection.execute(text("SELECT count(*) FROM t")).scalar_one() == 3
    engine.dispose()


def test_a_writer_with_a_deadline_does_not_wait_for_a_blocked_database(tmp_path: Path) -> None:
    """It fails long before its deadline, although others may wait."""
    path = tmp_path / "blocked.db"
    engine = open_engine(f"sqlite:///{path}", busy_timeout_ms=120_000, waiting_writers=8)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
        connection.commit()
    tries = Event()
    listen(engine, "checkout", lambda *_: tries.set())

    def write() -> None:
        with writing(engine) as connection:
            connection.execute(text("INSERT INTO t VALUES (1)"))
            connection.commit()

    with ThreadPoolExecutor(1) as pool, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        first = pool.submit(write)
        assert tries.wait(DEADLINE)
        began = time.monotonic()
        with pytest.raises(OperationalError, match="locked"), deadline(DEADLINE):
            write()
        assert time.monotonic() - began < DEADLINE / 2
        other.execute("ROLLBACK")
        first.result(DEADLINE)
    engine.dispose()


def test_a_writer_waits_for_other_processes_until_its_deadline(tmp_path: Path) -> None:
    """It fails then; afterwards others wait as long as before."""
    path = tmp_path / "deadline.db"
    engine = open_engine(f"sqlite:///{path}", busy_timeout_ms=60_000)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"), deadline(0.1), writing(engine) as connection:
            connection.execute(text("SELECT 1"))
    with reading(engine) as connection:
        assert connection.execute(text("PRAGMA busy_timeout")).scalar_one() == 60_000
    engine.dispose()


def test_writers_of_one_process_are_serialized(tmp_path: Path) -> None:
    """A waiting writer has no connection and sends SQLite nothing until the other one is done."""
    engine = open_engine(f"sqlite:///{tmp_path / 'serialized.db'}")
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
