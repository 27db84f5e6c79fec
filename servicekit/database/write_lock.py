"""The lock of a process's writers on SQLite."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from sqlalchemy.exc import OperationalError

from servicekit.deadline import remaining

_BLOCKED_SECONDS = 0.5


class WriteLock:
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
        # Not after a failure: the next attempt goes on from there, until one succeeds.
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
