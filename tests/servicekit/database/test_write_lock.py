"""Writers of SQLite."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.event import listen
from sqlalchemy.exc import OperationalError

from servicekit.database.engine import open_engine, reading, writing
from servicekit.deadline import deadline

DEADLINE = 60
PATIENT_MS = 120_000


def patient_engine(path: Path, *, waiting_writers: int | None = None) -> Engine:
    """An engine whose writers wait longer than the tests do, over a database with the table that `insert` fills."""
    engine = open_engine(f"sqlite:///{path}", busy_timeout_ms=PATIENT_MS, waiting_writers=waiting_writers)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
        connection.commit()
    return engine


def insert(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))
        connection.commit()


@contextmanager
def blocked(path: Path) -> Iterator[Callable[[], object]]:
    """Hold SQLite's write lock, as another process would, until what it yields is called."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield lambda: other.execute("ROLLBACK")


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
    engine = patient_engine(tmp_path / "blocked.db", waiting_writers=1)
    with ThreadPoolExecutor(8) as pool, blocked(tmp_path / "blocked.db") as unblock:
        writes = [pool.submit(insert, engine) for _ in range(8)]
        failed = list(islice(as_completed(writes, DEADLINE), 6))
        assert all(isinstance(write.exception(), OperationalError) for write in failed)
        unblock()
        for waiting in set(writes) - set(failed):
            waiting.result(DEADLINE)
        insert(engine)
        with reading(engine) as connection:
            assert connection.execute(text("SELECT count(*) FROM t")).scalar_one() == 3
    engine.dispose()


def test_a_writer_with_a_deadline_does_not_wait_for_a_blocked_database(tmp_path: Path) -> None:
    """It fails long before its deadline, although others may wait."""
    engine = patient_engine(tmp_path / "blocked.db", waiting_writers=8)
    tries = Event()
    listen(engine, "checkout", lambda *_: tries.set())
    with ThreadPoolExecutor(1) as pool, blocked(tmp_path / "blocked.db") as unblock:
        first = pool.submit(insert, engine)
        assert tries.wait(DEADLINE)
        began = time.monotonic()
        with pytest.raises(OperationalError, match="locked"), deadline(DEADLINE):
            insert(engine)
        assert time.monotonic() - began < DEADLINE / 2
        unblock()
        first.result(DEADLINE)
    engine.dispose()


def test_a_writer_waits_for_other_processes_until_its_deadline(tmp_path: Path) -> None:
    """It fails then; afterwards others wait as long as before."""
    engine = patient_engine(tmp_path / "deadline.db")
    began = time.monotonic()
    with blocked(tmp_path / "deadline.db"), pytest.raises(OperationalError, match="locked"), deadline(0.1):
        insert(engine)
    assert 0.1 <= time.monotonic() - began < DEADLINE / 2
    with reading(engine) as connection:
        assert connection.execute(text("PRAGMA busy_timeout")).scalar_one() == PATIENT_MS
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
