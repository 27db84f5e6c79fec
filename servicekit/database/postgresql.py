"""Connections to PostgreSQL whose timeouts the client enforces too: a frozen server enforces none."""

import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen, PQGenConn

from servicekit.database.engine import Timeouts
from servicekit.deadline import remaining

INTERVAL_SECONDS = 0.02
"""How often a thread that waits for a reply checks the time."""

_T = TypeVar("_T")


def connector(timeouts: Timeouts) -> Callable[..., "BoundedConnection"]:
    """A function that opens connections with these timeouts; it takes psycopg's arguments."""

    def connect(*args: Any, **kwargs: Any) -> BoundedConnection:
        connection = BoundedConnection.connect(
            *args,
            connect_timeout=timeouts.connect,
            tcp_user_timeout=_milliseconds(timeouts.tcp),
            options=f"{kwargs.pop('options', '')} -c statement_timeout={_milliseconds(timeouts.statement)}".strip(),
            **kwargs,
        )
        connection.reply_seconds = timeouts.statement
        return connection

    return connect


class BoundedConnection(psycopg.Connection[Any]):
    """Raises psycopg.OperationalError, closed, after `reply_seconds` without a reply or at the thread's deadline.

    This needs no further thread, because psycopg wakes up regularly while it waits.
    """

    reply_seconds: float | None = None

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> PQGenConn["BoundedConnection"]:
        # psycopg enforces connect_timeout itself.
        return _bounded(super()._connect_gen(conninfo), None)

    def wait(self, gen: PQGen[_T], interval: float = INTERVAL_SECONDS, timeout: float | None = None) -> _T:
        """Wait for a statement, a commit or a rollback."""
        try:
            return super().wait(_bounded(gen, self.reply_seconds), interval, timeout)
        except _NoReply:
            self.pgconn.finish()
            raise


class _NoReply(psycopg.OperationalError):
    pass


def _bounded(steps: Generator[Any, Any, _T], reply_seconds: float | None) -> Generator[Any, Any, _T]:
    """psycopg's steps, as long as there is time. Raises _NoReply."""
    if remaining() == 0:
        raise _NoReply("no time is left for the database")
    last_reply = time.monotonic()
    ready: Any = None  # a generator is started by sending it None
    while True:
        try:
            state = steps.send(ready)
        except StopIteration as end:
            result: _T = end.value
            return result
        ready = yield state
        now = time.monotonic()
        if ready:
            last_reply = now
        elif remaining() == 0 or (reply_seconds is not None and now - last_reply >= reply_seconds):
            raise _NoReply("the database did not reply in time")


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
