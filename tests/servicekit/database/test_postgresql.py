"""Calls that PostgreSQL does not answer fail in time, and their connections are replaced."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from servicekit.database.engine import Timeouts, open_engine, reading
from servicekit.deadline import deadline

STATEMENT_SECONDS = 0.5
SLACK_SECONDS = 5.0
"""For a busy machine; without the timeouts each wait would take a minute."""
A_MINUTE = text("SELECT pg_sleep(60)")


@pytest.fixture
def engine(postgresql_server: str) -> Iterator[Engine]:
    """An engine with short timeouts and a single connection."""
    timeouts = Timeouts(connect=2, statement=STATEMENT_SECONDS, tcp=3)
    engine = open_engine(postgresql_server, timeouts=timeouts, pool_size=1, pool_timeout=0)
    yield engine
    engine.dispose()


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a server that accepts connections and sends nothing, as a frozen one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"postgresql://u@127.0.0.1:{listener.getsockname()[1]}/db"


def backend(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


@pytest.mark.postgresql
def test_the_server_enforces_the_statement_timeout(engine: Engine) -> None:
    """It cancels a statement that takes too long, if the client's own timeout does not come first."""
    with reading(engine) as connection:
        driver: Any = connection.connection.driver_connection
        driver.reply_seconds = STATEMENT_SECONDS + SLACK_SECONDS
        with pytest.raises(OperationalError, match="statement timeout"):
            connection.execute(A_MINUTE)


@pytest.mark.postgresql
def test_the_client_enforces_the_statement_timeout_too(engine: Engine) -> None:
    """If the server does not, the connection is closed, and the next transaction has another one."""
    before, started = backend(engine), time.monotonic()
    with reading(engine) as connection:
        connection.execute(text("SET statement_timeout = 0"))
        with pytest.raises(OperationalError, match="did not reply") as caught:
            connection.execute(A_MINUTE)
        assert caught.value.connection_invalidated
    assert STATEMENT_SECONDS <= time.monotonic() - started < STATEMENT_SECONDS + SLACK_SECONDS
    assert backend(engine) != before


@pytest.mark.postgresql
def test_a_statement_ends_with_the_deadline_of_its_thread(engine: Engine) -> None:
    """Also if its own timeout is longer; after the deadline nothing is sent."""
    with deadline(0.1), reading(engine) as connection:
        with pytest.raises(OperationalError, match="did not reply"):
            connection.execute(A_MINUTE)
        connection.rollback()
        with pytest.raises(OperationalError, match="no time is left"):
            connection.execute(text("SELECT 1"))
    assert backend(engine)


@pytest.mark.slow
def test_connecting_ends_with_the_timeout_of_a_statement(silent: str) -> None:
    """Even if it is shorter than libpq's minimum."""
    engine = open_engine(silent, timeouts=Timeouts(connect=60, statement=STATEMENT_SECONDS, tcp=60))
    started = time.monotonic()
    with pytest.raises(OperationalError, match="did not reply"), reading(engine):
        pass
    assert time.monotonic() - started < STATEMENT_SECONDS + SLACK_SECONDS
    engine.dispose()


@pytest.mark.slow
def test_connecting_ends_with_its_own_timeout(silent: str) -> None:
    """Even if statements may take longer, as in commands."""
    engine = open_engine(silent, timeouts=Timeouts(connect=2, statement=600, tcp=60))
    with pytest.raises(OperationalError, match="timeout"), reading(engine):
        pass
    engine.dispose()


@pytest.mark.postgresql
def test_the_network_timeout_is_set(postgresql_server: str) -> None:
    """libpq gets it in milliseconds."""
    engine = open_engine(postgresql_server, timeouts=Timeouts(connect=2, statement=1, tcp=3))
    with reading(engine) as connection:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        assert driver.info.get_parameters()["tcp_user_timeout"] == "3000"
    engine.dispose()


@pytest.mark.postgresql
def test_a_thread_without_a_free_connection_is_refused_at_once(engine: Engine) -> None:
    """The pool has no further connection, and its timeout is 0."""
    with reading(engine), pytest.raises(Exception, match="QueuePool limit"), reading(engine):
        pass
