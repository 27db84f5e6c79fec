"""How the workers of one machine notify each other that something was stored."""

import mmap
import threading
from typing import Protocol

_COUNTER_BYTES = 8


class Notifications(Protocol):
    """Counts the writes of each worker, this one among them; no counter ever falls."""

    def notify(self) -> None:
        """Notify the other workers that something was stored."""

    def counts(self) -> list[int]:
        """How often each worker has notified the others."""


class NoOthers:
    """The notifications of a single worker: there is nobody to notify."""

    def notify(self) -> None:
        """Do nothing."""

    def counts(self) -> list[int]:
        """No counters."""
        return []


class SharedNotifications:
    """Counters in memory shared with the processes that are forked after this was made.

    Each worker writes to its own counter only, so that no lock is shared, which a worker could die with. A counter
    outlives its worker: the successor continues it.
    """

    def __init__(self, workers: int) -> None:
        # Anonymous and shared: it has no name, and is freed with the last process.
        self._counters = memoryview(mmap.mmap(-1, workers * _COUNTER_BYTES)).cast("Q")

    def of(self, worker: int) -> "WorkerNotifications":
        """The notifications as the worker of this number sends and sees them."""
        return WorkerNotifications(self._counters, worker)


class WorkerNotifications:
    """The counters of all workers, one of which is this worker's."""

    def __init__(self, counters: memoryview, worker: int) -> None:
        self._counters = counters
        self._worker = worker
        self._lock = threading.Lock()

    def notify(self) -> None:
        """Count up."""
        with self._lock:
            # An aligned write of eight bytes is atomic.
            self._counters[self._worker] += 1

    def counts(self) -> list[int]:
        """How often each worker has notified the others."""
        return self._counters.tolist()
