"""Heartbeats of workers, by which their parent detects a frozen one."""

import contextlib
import os
import time
from collections.abc import Callable

BEAT_SECONDS = 1.0

MISSED_BEATS = 10
"""So many seconds without a beat mean that a worker is stopped, or that a call holds its interpreter lock. On a busy
machine a beat is late by less than one."""

_MOST_BYTES = 65_536


class Heartbeats:
    """A pipe to which workers write their number; made before they are forked, and read by the parent.

    The parent counts its own steps, not time: while the whole machine or container is suspended, it makes none.
    """

    def __init__(
        self, workers: int, *, seconds: float = BEAT_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """A worker beats every `seconds`."""
        self.seconds = seconds
        self._clock = clock
        self._missed = [0] * workers
        self._step_at = clock()
        self._beats_r, self._beats_w = os.pipe()
        for end in (self._beats_r, self._beats_w):
            os.set_blocking(end, False)

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._beats_r)
        os.close(self._beats_w)

    def beat(self, number: int) -> None:
        """In a worker: it is alive."""
        # The pipe is full if the parent is stopped; what it has then is enough.
        with contextlib.suppress(BlockingIOError):
            os.write(self._beats_w, bytes((number,)))

    def started(self, number: int) -> None:
        """In the parent: this worker has just been started."""
        self._missed[number] = 0

    def frozen(self) -> list[int]:
        """In the parent, called at least as often as a worker beats: the workers found frozen, each once."""
        now = self._clock()
        if now < self._step_at + self.seconds:
            return []
        self._step_at = now
        beating: set[int] = set()
        with contextlib.suppress(BlockingIOError):
            beating.update(os.read(self._beats_r, _MOST_BYTES))
        self._missed = [0 if number in beating else missed + 1 for number, missed in enumerate(self._missed)]
        return [number for number, missed in enumerate(self._missed) if missed == MISSED_BEATS]
