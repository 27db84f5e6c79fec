"""Connections to PostgreSQL that never hang: a stopped server keeps no timeout for its clients."""

import time
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen, PQGenConn

from servicekit.database import Timeouts
from servicekit.deadline import remaining

INTERVAL_SECONDS = 0.02
"""How often a thread that waits for a reply looks at the time."""

_T = TypeVar("_T")


def connector(timeouts: Timeouts) -> Callable[..., "BoundedConnection"]:
    """Opens connections with these timeouts, given psycopg's arguments."""

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
    """Closes itself when the server says nothing for `reply_seconds`, or the thread's deadline is over.

    What waits then raises psycopg.OperationalError. No thread is needed for it: psycopg wakes up now and then while
    it waits.
    """

    reply_seconds: float | None = None

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> PQGenConn["BoundedConnection"]:
        # psycopg keeps connect_timeout itself, so that only the deadline is left.
        return _bounded(super()._connect_gen(conninfo), None)

    def wait(self, gen: PQGen[_T], interval: float = INTERVAL_SECONDS, timeout: float | None = None) -> _T:
        """Run a statement, a commit or a rollback to its end."""
        try:
            return super().wait(_bounded(gen, self.reply_seconds), interval, timeout)
        except _NoReply:
            self.pgconn.finish()
            raise


class _NoReply(psycopg.OperationalError):
    pass


def _bounded(steps: Generator[Any, Any, _T], reply_seconds: float | None) -> Generator[Any, Any, _T]:
    """The same steps of psycopg's, as long as there is time for them. Raises _NoReply."""
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
