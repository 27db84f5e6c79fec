"""A circuit breaker: callers do not wait for a dependency that keeps failing.

closed ──(half of the recent calls failed)──> open ──(a pause)──> half-open ──(one probe)──> closed or open
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from threading import Lock


class State(Enum):
    """Which calls are let through: all, none, or one at a time."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class BreakerOpen(Exception):
    """The call was not made: the breaker is open."""


class Breaker:
    """Guards calls; thread-safe, and its lock is never held during a call.

    It opens when at least `minimum` of the last `volume` calls ended within `window` seconds and at least
    `rate` of them failed, and lets one probe through after `pause` seconds. `failure` is the exception that
    counts as a failure; any other counts as success. `on_change` receives the old and the new state.
    """

    def __init__(
        self,
        failure: type[Exception],
        *,
        window: float = 10.0,
        volume: int = 16,
        minimum: int = 5,
        rate: float = 0.5,
        pause: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
        on_change: Callable[[State, State], None] = lambda _old, _new: None,
    ) -> None:
        self._failure = failure
        self._window = window
        self._minimum = minimum
        self._rate = rate
        self._pause = pause
        self._clock = clock
        self._on_change = on_change
        self._lock = Lock()
        self._state = State.CLOSED
        self._changed_at = clock()
        self._generation = 0
        self._probing = False
        # Bounded: otherwise the many past successes of a busy service would hide a new outage.
        self._recent: deque[tuple[float, bool]] = deque(maxlen=volume)

    @property
    def state(self) -> State:
        with self._lock:
            return self._current()

    @contextmanager
    def call(self) -> Iterator[None]:
        """Guard the call in the block.

        Raises BreakerOpen without entering the block while calls are not let through.
        """
        generation = self._admit()
        failed: bool | None = None  # stays None if the block ends by SystemExit or the like
        try:
            yield
            failed = False
        except self._failure:
            failed = True
            raise
        except Exception:
            failed = False
            raise
        finally:
            self._settle(generation, failed)

    def _admit(self) -> int:
        with self._lock:
            state = self._current()
            if state is State.OPEN or (state is State.HALF_OPEN and self._probing):
                raise BreakerOpen
            if state is State.HALF_OPEN:
                self._probing = True
            old = self._enter(state)
            generation = self._generation
        if old is not state:
            self._on_change(old, state)
        return generation

    def _settle(self, generation: int, failed: bool | None) -> None:
        with self._lock:
            if generation != self._generation:
                return  # the state changed during the call, so its outcome is outdated
            new = self._state_after(failed)
            old = self._enter(new)
        if old is not new:
            self._on_change(old, new)

    def _state_after(self, failed: bool | None) -> State:
        if self._state is State.HALF_OPEN:
            self._probing = False
            if failed is None:
                return State.HALF_OPEN
            return State.OPEN if failed else State.CLOSED
        if failed is None:
            return self._state
        now = self._clock()
        self._recent.append((now, failed))
        while now - self._recent[0][0] > self._window:
            self._recent.popleft()
        failures = sum(call_failed for _, call_failed in self._recent)
        tripped = failed and len(self._recent) >= self._minimum and failures >= self._rate * len(self._recent)
        return State.OPEN if tripped else State.CLOSED

    def _current(self) -> State:
        if self._state is State.OPEN and self._clock() - self._changed_at >= self._pause:
            return State.HALF_OPEN
        return self._state

    def _enter(self, state: State) -> State:
        old = self._state
        if state is not old:
            self._state = state
            self._changed_at = self._clock()
            self._generation += 1
            self._recent.clear()
        return old
