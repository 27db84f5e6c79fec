"""The lease: at most one worker of all processes delivers to a destination, and none during its backoff."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

import structlog
from tenacity.wait import wait_exponential_jitter

from marketplace.domain.errors import MarketplaceError, Unavailable
from marketplace.domain.events import Destination
from marketplace.store import Store, UnitOfWork
from servicekit.backoff import seconds_after

log = structlog.get_logger()

LEASE = timedelta(seconds=15)
"""How long other workers wait after the holder was killed."""
MIN_REMAINING = timedelta(seconds=12)
"""What must be left of the lease before a call: a link takes two calls of 5.5 seconds, then the commit."""
FIRST_WAIT = 0.1
MAX_WAIT = 2.0
MAX_WAIT_ELSEWHERE = 60.0
"""The longest backoff of destinations that are not the shop's own services."""


def backoff(longest: float = MAX_WAIT) -> wait_exponential_jitter:
    """Waits that grow exponentially, from FIRST_WAIT to `longest`."""
    return wait_exponential_jitter(multiplier=FIRST_WAIT, max=longest, jitter=FIRST_WAIT)


class LeaseLost(Exception):
    """Another worker has taken the lease."""


class BackOff(Exception):
    """The destination failed and gets no calls for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"backed off for {seconds:.3f} s")
        self.seconds = seconds


class Lease:
    """A worker's right to deliver to a destination, stored in the database with the destination's status."""

    def __init__(
        self, store: Store, destination: Destination, *, clock: Callable[[], datetime], max_wait: float = MAX_WAIT
    ) -> None:
        """`max_wait` is the longest backoff, in seconds."""
        self._store = store
        self._backoff = backoff(max_wait)
        self._destination = destination
        self._clock = clock
        self._holder = uuid4().hex
        self._held_until: datetime | None = None
        self._failures = 0
        self._has_logged = False

    @property
    def is_held(self) -> bool:
        """Whether enough time is left for a call."""
        return self._held_until is not None and self._clock() <= self._held_until - MIN_REMAINING

    @property
    def failures(self) -> int:
        """How often the destination has failed since it last answered."""
        return self._failures

    def take(self) -> bool:
        """Take the lease; False if another worker holds it or the destination is backed off."""
        now = self._clock()
        with self._store.write() as work:
            failures = work.deliveries.acquire(self._destination, self._holder, now=now, until=now + LEASE)
            work.commit()
        if failures is None:
            self._held_until = None
            return False
        self._held_until, self._failures = now + LEASE, failures
        return True

    def require(self) -> None:
        """Renew the lease unless enough time is left for a call.

        Raises LeaseLost if another worker has taken it; an expired lease that nobody took can be renewed.
        """
        if self.is_held:
            return
        until = self._clock() + LEASE
        with self._store.write() as work:
            self._check(work.deliveries.renew(self._destination, self._holder, until=until))
            work.commit()
        self._held_until = until

    @contextmanager
    def settling(self) -> Iterator[UnitOfWork]:
        """A transaction that records the destination's answer and renews the lease; commits after the block.

        Raises LeaseLost: after a pause of this process another worker may be delivering the same events.
        """
        until = self._clock() + LEASE
        with self._store.write() as work:
            self._check(work.deliveries.succeeded(self._destination, self._holder, until=until))
            yield work
            work.commit()
        self._held_until, self._failures = until, 0

    def back_off(self, error: Exception, *, attempted: int | None = None) -> BackOff:
        """Stop calls of all workers to the destination for a time that grows exponentially with its failures.

        `attempted` is the id of an event whose attempts are counted. Raises LeaseLost.
        """
        failures = self._failures + 1
        seconds = seconds_after(failures, self._backoff)
        with self._store.write() as work:
            kept = work.deliveries.failed(
                self._destination,
                self._holder,
                failures=failures,
                error=_published(error),
                retry_at=self._clock() + timedelta(seconds=seconds),
            )
            self._check(kept)
            if attempted is not None:
                work.outbox.count_attempt(attempted)
            work.commit()
        self._held_until = None
        if failures == 1 or not self._has_logged:  # once for an outage, not for each attempt
            self._has_logged = True
            log.warning("destination_backed_off", destination=self._destination.value, reason=_logged(error))
        return BackOff(seconds)

    def release(self) -> None:
        """Give the lease up, so that another worker can deliver at once."""
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


def _published(error: Exception) -> str:
    # /readyz is public, and an error's message may name a reader or an address.
    code = error.code if isinstance(error, Unavailable) else ""
    return f"{type(error).__name__} {code}".strip()


def _logged(error: Exception) -> str:
    return str(error) if isinstance(error, MarketplaceError) else type(error).__name__
