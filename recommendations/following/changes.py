"""How the workers of one machine tell each other that something was stored."""

import mmap
import threading
from typing import Protocol

_COUNTER_BYTES = 8


class Changes(Protocol):
    """Counts what was stored here and by the other workers of this machine, as far as they say so after a commit.

    What is told the others must know from their next call on; what is mentioned they should hear of soon. There is a
    counter of each for each worker, and none of them ever falls.
    """

    def tell(self) -> None:
        """Tell the others that something was stored."""
        ...

    def mention(self) -> None:
        """Mention to the others that something was stored."""
        ...

    def told(self) -> list[int]:
        """What was told so far."""
        ...

    def mentioned(self) -> list[int]:
        """What was mentioned so far."""
        ...


class Unshared:
    """There are no other workers."""

    def tell(self) -> None:
        """Nobody listens."""

    def mention(self) -> None:
        """Nobody listens."""

    def told(self) -> list[int]:
        """No counters."""
        return []

    def mentioned(self) -> list[int]:
        """No counters."""
        return []


class SharedChanges:
    """Counters in memory that processes share which were forked after this was made.

    Each worker writes to its own counters only, so that no lock is shared, which a worker could die with. What it
    counted stays when it dies: its successor goes on from there.
    """

    def __init__(self, workers: int) -> None:
        # Anonymous and shared: it has no name, and goes when the last process of the family does.
        counters = memoryview(mmap.mmap(-1, 2 * workers * _COUNTER_BYTES)).cast("Q")
        self._told, self._mentioned = counters[:workers], counters[workers:]

    def of(self, worker: int) -> "WorkersChanges":
        """The changes as the worker of this number sees them."""
        return WorkersChanges(self._told, self._mentioned, worker)


class WorkersChanges:
    """The counters of all workers, some of which are this one's."""

    def __init__(self, told: memoryview, mentioned: memoryview, worker: int) -> None:
        self._told = told
        self._mentioned = mentioned
        self._worker = worker
        self._counting = threading.Lock()

    def tell(self) -> None:
        """Count up what was told."""
        self._count(self._told)

    def mention(self) -> None:
        """Count up what was mentioned."""
        self._count(self._mentioned)

    def told(self) -> list[int]:
        """What was told so far."""
        return self._told.tolist()

    def mentioned(self) -> list[int]:
        """What was mentioned so far."""
        return self._mentioned.tolist()

    def _count(self, counters: memoryview) -> None:
        with self._counting:
            # Eight bytes in line are written at once.
            counters[self._worker] += 1
