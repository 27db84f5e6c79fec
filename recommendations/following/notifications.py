"""Notifications between the workers of one machine that something was stored."""

import mmap
import threading
from typing import Protocol

_COUNTER_BYTES = 8


class Notifications(Protocol):
    """A counter for each worker, this one included; counters only grow."""

    def notify(self) -> None:
        """Notify the other workers that something was stored."""

    def counts(self) -> list[int]:
        """How often each worker has notified the others."""


class NoNotifications:
    """For a single worker, which has no others to notify."""

    def notify(self) -> None:
        """Do nothing."""

    def counts(self) -> list[int]:
        return []


class SharedNotifications:
    """Counters in memory that is shared with processes forked later.

    Each worker writes only its own counter, so there is no lock that a worker could hold when it dies. A worker's
    successor continues its counter.
    """

    def __init__(self, workers: int) -> None:
        # Anonymous and shared: it has no name, and is freed with the last process.
        self._counters = memoryview(mmap.mmap(-1, workers * _COUNTER_BYTES)).cast("Q")

    def of(self, worker: int) -> "WorkerNotifications":
        return WorkerNotifications(self._counters, worker)


class WorkerNotifications:
    """All counters, as one worker reads and writes them."""

    def __init__(self, counters: memoryview, worker: int) -> None:
        self._counters = counters
        self._worker = worker
        self._lock = threading.Lock()

    def notify(self) -> None:
        with self._lock:
            # An aligned write of eight bytes is atomic.
            self._counters[self._worker] += 1

    def counts(self) -> list[int]:
        return self._counters.tolist()
