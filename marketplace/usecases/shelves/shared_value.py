"""A value that many requests need and one of them loads for all."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Loaded(Generic[T]):
    value: T
    version: object
    at: float


class SharedValue(Generic[T]):
    """Loads a value at most once in `seconds`, in one thread at a time.

    While a thread loads it, the others get the one before, if that is at most `usable_seconds` old; otherwise they
    wait for the thread and share its result, also if that is an exception.
    """

    def __init__(
        self, seconds: float, *, usable_seconds: float = math.inf, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._usable_seconds = usable_seconds
        self._clock = clock
        self._loading = Lock()
        self._known: _Loaded[T] | None = None
        self._failures = 0
        self._failure: Exception | None = None

    def get(self, load: Callable[[], T], *, version: object = None) -> T:
        """The value; one of another version is not used. Raises what `load` raises."""
        known = self._of(version, self._seconds)
        if known is not None:
            return known.value
        usable, failures = self._of(version, self._usable_seconds), self._failures
        if usable is None:
            self._loading.acquire()
        elif not self._loading.acquire(blocking=False):
            return usable.value
        try:
            # Another thread may have loaded it meanwhile, or failed to.
            if (known := self._of(version, self._seconds)) is not None:
                return known.value
            if self._failure is not None and self._failures != failures:
                raise self._failure.with_traceback(None)
            return self._load(load, version)
        finally:
            self._loading.release()

    def _load(self, load: Callable[[], T], version: object) -> T:
        try:
            value = load()
        except Exception as error:
            self._failures += 1
            self._failure = error
            raise
        self._known, self._failure = _Loaded(value, version, self._clock()), None
        return value

    def _of(self, version: object, seconds: float) -> _Loaded[T] | None:
        known = self._known
        if known is None or known.version != version or self._clock() - known.at >= seconds:
            return None
        return known
