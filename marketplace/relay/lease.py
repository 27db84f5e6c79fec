"""One worker at a time delivers to a destination, in whatever process it is; and none while it is left alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from tenacity import RetryCallState, Retrying
from tenacity.wait import wait_exponential_jitter

from marketplace.domain.errors import MarketplaceError, Unavailable
from marketplace.domain.events import Destination
from marketplace.store import Store, UnitOfWork

log = structlog.get_logger()

LEASE = timedelta(seconds=15)
"""So long the others wait for a worker that was killed."""
MIN_REMAINING = timedelta(seconds=12)
"""So much must be left before a call: two calls of five seconds for books, and the time to settle."""
FIRST_WAIT = 0.1
MAX_WAIT = 2.0

BACKOFF = wait_exponential_jitter(multiplier=FIRST_WAIT, max=MAX_WAIT, jitter=FIRST_WAIT)


class LeaseLost(Exception):
    """Somebody else delivers to the destination by now."""


class BackOff(Exception):
    """The destination failed, and is left alone for some seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"left alone for {seconds:.3f} s")
        self.seconds = seconds


class Lease:
    """One worker's right to deliver to one destination; it is kept in the database, beside how the destination is."""

    def __init__(self, store: Store, destination: Destination, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._destination = destination
        self._clock = clock
        self._holder = uuid4().hex
        self._held_until: datetime | None = None
        self._failures = 0
        self._has_told = False

    @property
    def is_held(self) -> bool:
        """Whether enough of it is left for a call."""
        return self._held_until is not None and self._clock() <= self._held_until - MIN_REMAINING

    def take(self) -> bool:
        """Take it, unless somebody else has it or the destination is left alone; whether that was done."""
        now = self._clock()
        with self._store.write() as work:
            failures = work.deliveries.take(self._destination, self._holder, now=now, until=now + LEASE)
            work.commit()
        if failures is None:
            self._held_until = None
            return False
        self._held_until, self._failures = now + LEASE, failures
        return True

    def require(self) -> None:
        """Make sure that enough of it is left for a call.

        Raises LeaseLost, and never where it only ran out: the row names this worker until another one takes it.
        """
        if self.is_held:
            return
        until = self._clock() + LEASE
        with self._store.write() as work:
            self._check(work.deliveries.keep(self._destination, self._holder, until=until))
            work.commit()
        self._held_until = until

    @contextmanager
    def settling(self) -> Iterator[UnitOfWork]:
        """A transaction to settle what the destination answered, committed at the end of the block, and a new term.

        Raises LeaseLost: what whoever was frozen would settle, somebody else is delivering.
        """
        until = self._clock() + LEASE
        with self._store.write() as work:
            self._check(work.deliveries.answered(self._destination, self._holder, until=until))
            yield work
            work.commit()
        self._held_until, self._failures = until, 0

    def back_off(self, error: Exception, *, attempted: int | None = None) -> BackOff:
        """Have all workers leave the destination alone for a while, the longer the more often it failed.

        `attempted` is the event that counts this as an attempt. Raises LeaseLost.
        """
        failures = self._failures + 1
        seconds = _growing(failures)
        with self._store.write() as work:
            kept = work.deliveries.failed(
                self._destination,
                self._holder,
                failures=failures,
                error=_shown(error),
                retry_at=self._clock() + timedelta(seconds=seconds),
            )
            self._check(kept)
            if attempted is not None:
                work.outbox.count_attempt(attempted)
            work.commit()
        self._held_until = None
        if failures == 1 or not self._has_told:  # a line for an outage, not for each attempt
            self._has_told = True
            log.warning("events wait", destination=self._destination.value, reason=_logged(error))
        return BackOff(seconds)

    def release(self) -> None:
        """Let somebody else deliver at once."""
        if self._held_until is None:
            return
        with self._store.write() as work:
            work.deliveries.release(self._destination, self._holder)
            work.commit()
        self._held_until = None

    def _check(self, kept: bool) -> None:
        if not kept:
            self._held_until = None
            raise LeaseLost(self._destination.value)


def _growing(failures: int) -> float:
    # The library's own loop would count in this process only, and all workers share the row's count.
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = failures
    return BACKOFF(state)


def _shown(error: Exception) -> str:
    # For /readyz, which anybody may ask: what the error says may name a reader or an address.
    code = error.code if isinstance(error, Unavailable) else ""
    return f"{type(error).__name__} {code}".strip()


def _logged(error: Exception) -> str:
    return str(error) if isinstance(error, MarketplaceError) else type(error).__name__
