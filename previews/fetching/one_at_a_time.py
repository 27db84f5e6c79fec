"""Lets one thread at a time do something for a key, such as a host."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from previews.domain import HostBusy
from servicekit.deadline import remaining

MAX_WAITING = 8
"""How many threads may wait for a key: all the threads there are must not wait for one slow site."""


@dataclass(slots=True)
class _Entry:
    lock: Lock = field(default_factory=Lock)
    threads: int = 0


class OneAtATime:
    """A lock for each key, as long as a thread uses it."""

    def __init__(self, waiting: int = MAX_WAITING) -> None:
        self._most = waiting + 1
        self._entries: dict[str, _Entry] = {}
        self._lock = Lock()

    @contextmanager
    def held(self, key: str) -> Iterator[None]:
        """Hold the key's lock during the block, having waited at most as long as this thread has. Raises HostBusy."""
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            if entry.threads >= self._most:
                raise HostBusy
            entry.threads += 1
        try:
            left = remaining()
            if not entry.lock.acquire(timeout=-1 if left is None else left):
                raise HostBusy
            try:
                yield
            finally:
                entry.lock.release()
        finally:
            with self._lock:
                entry.threads -= 1
                if not entry.threads:
                    del self._entries[key]
