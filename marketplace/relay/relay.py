"""The loop between the outbox and one destination."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from threading import Event

import structlog
from tenacity import RetryCallState, RetryError, Retrying, retry_if_exception_type, sleep_using_event
from tenacity.stop import stop_when_event_set

from marketplace.domain.errors import Broken, MarketplaceError, Refused, StoreUnavailable, Unavailable
from marketplace.domain.events import ShopEvent
from marketplace.relay.lease import BACKOFF, BackOff, Lease, LeaseLost
from marketplace.relay.receivers import TOGETHER, Receiver
from marketplace.store import Store
from marketplace.store.outbox.events import MalformedEvent
from marketplace.store.outbox.outbox import OutboxRow
from servicekit.clock import now

log = structlog.get_logger()

BATCH = 500
POLL = 0.25
MAX_ATTEMPTS = 10
"""So often may an event break its destination by itself; some eleven seconds, with the pauses."""
MAX_REASON_LENGTH = 500


@dataclass(frozen=True, slots=True)
class _Waiting:
    id: int
    event: ShopEvent
    attempts: int

    @property
    def company(self) -> object:
        """What it has in common with those that it may be told with; what broke the destination is told alone."""
        return type(self.event) if isinstance(self.event, TOGETHER) and not self.attempts else self.id


class Relay:
    """Delivers to one destination; `wake` ends its pause early, `stop` ends it."""

    def __init__(
        self,
        store: Store,
        receiver: Receiver,
        *,
        wake: Event,
        stop: Event,
        batch: int = BATCH,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._store = store
        self._receiver = receiver
        self._wake = wake
        self._stop = stop
        self._batch = batch
        self._lease = Lease(store, receiver.destination, clock=clock)

    def run(self) -> None:
        """Deliver until `stop` is set; whatever goes wrong is logged and tried again."""
        retrying = Retrying(
            retry=retry_if_exception_type(Exception),
            wait=_pause,
            sleep=sleep_using_event(self._stop),
            stop=stop_when_event_set(self._stop),
            before_sleep=_log_failure,
        )
        # Stopped while it kept failing, it leaves the events where they are.
        with suppress(RetryError):
            while not self._stop.is_set():
                if retrying(self.deliver) < self._batch:
                    self._wake.wait(POLL)
                    self._wake.clear()
        with suppress(StoreUnavailable):
            self._lease.release()

    def deliver(self) -> int:
        """Deliver the oldest batch; returns how many events it took up: none while somebody else delivers.

        An event leaves the outbox only after the destination has answered for it: what dies in between is
        delivered again, and counted once there. Raises BackOff, after all workers were told to leave the destination
        alone, and StoreUnavailable.
        """
        rows = self._rows()
        if not rows:  # so that nothing is written while nothing happens
            return 0
        if not self._lease.is_held:
            if not self._lease.take():
                return 0
            # Until just now somebody else may have delivered them.
            rows = self._rows()
        try:
            self._hand_over(self._readable(rows))
        except LeaseLost:
            log.warning("this worker was too slow: another one delivers", destination=self._destination)
            return 0
        return len(rows)

    @property
    def _destination(self) -> str:
        return self._receiver.destination.value

    def _rows(self) -> list[OutboxRow]:
        with self._store.read() as work:
            return work.outbox.waiting(self._batch, self._receiver.destination)

    def _readable(self, rows: Sequence[OutboxRow]) -> list[_Waiting]:
        malformed: dict[int, str] = {}
        readable: list[_Waiting] = []
        for row in rows:
            try:
                readable.append(_Waiting(row.event_id, row.event(), row.attempts))
            except MalformedEvent as error:
                malformed[row.event_id] = str(error)
        if malformed:
            self._settle([], malformed)
        return readable

    def _hand_over(self, waiting: Sequence[_Waiting]) -> None:
        # In one order: what a guest did is told before that the guest became somebody.
        runs = deque(list(run) for _, run in groupby(waiting, key=lambda each: each.company))
        while runs and not self._stop.is_set():
            run = runs.popleft()
            self._lease.require()
            if not self._tell(run):
                runs.extendleft([each] for each in reversed(run))

    def _tell(self, run: Sequence[_Waiting]) -> bool:
        """Whether these are settled; if not, each is to be told by itself, so that none suffers for another."""
        try:
            reasons = self._receiver.tell([each.event for each in run])
            results = dict(zip((each.id for each in run), reasons, strict=True))
        except StoreUnavailable:
            raise  # the shop's own trouble, and no message's
        except Exception as error:
            if isinstance(error, Unavailable) and not isinstance(error, Broken):
                raise self._lease.back_off(error) from error
            if not isinstance(error, MarketplaceError):
                log.exception("a call of the relay failed", destination=self._destination)
            if len(run) > 1:
                return False
            self._blame(run[0], error)
            return True
        refused = {event_id: reason for event_id, reason in results.items() if reason is not None}
        self._settle([event_id for event_id in results if event_id not in refused], refused)
        return True

    def _blame(self, one: _Waiting, error: Exception) -> None:
        reason = str(error) if isinstance(error, MarketplaceError) else f"{type(error).__name__}: {error}"
        if isinstance(error, Refused):
            self._settle([], {one.id: reason})
        elif one.attempts + 1 < MAX_ATTEMPTS:
            raise self._lease.back_off(error, attempted=one.id) from error
        else:
            self._settle([], {one.id: f"failed {MAX_ATTEMPTS} times, the last time so: {reason}"})

    def _settle(self, delivered: Sequence[int], refused: Mapping[int, str]) -> None:
        with self._lease.settling() as work:
            work.outbox.remove(delivered)
            work.outbox.mark_failed({event_id: reason[:MAX_REASON_LENGTH] for event_id, reason in refused.items()})
        for event_id in refused:
            # The reason stays in the table: it may name the reader, which a log must not.
            log.error("an event was refused and set aside in the outbox", event_id=event_id)


def _pause(attempt: RetryCallState) -> float:
    error = attempt.outcome.exception() if attempt.outcome else None
    return error.seconds if isinstance(error, BackOff) else BACKOFF(attempt)


def _log_failure(attempt: RetryCallState) -> None:
    error = attempt.outcome.exception() if attempt.outcome else None
    if not isinstance(error, BackOff):  # which was logged where it began
        log.error("the relay failed and will try again", exc_info=error)
