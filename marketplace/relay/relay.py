"""The loop that delivers the outbox to one destination."""

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

from events.types import DeliveryFailed
from marketplace.domain.errors import Broken, MarketplaceError, Refused, StoreUnavailable, Unavailable
from marketplace.domain.events import BUILT_IN, NOTICES, PublishedEvent, ShopEvent
from marketplace.relay.lease import MAX_WAIT, BackOff, Lease, LeaseLost, backoff
from marketplace.relay.senders import BATCHED, Sender
from marketplace.relay.tracing import delivery
from marketplace.store import Store, UnitOfWork
from marketplace.store.outbox.events import MalformedEvent
from marketplace.store.outbox.outbox import OutboxRow
from servicekit.clock import now

log = structlog.get_logger()

POLL = 0.25
MAX_ATTEMPTS = 10
"""How often an event may fail when sent alone before it is marked as failed; takes eleven seconds."""
MAX_REASON_LENGTH = 500
_PAUSE = backoff()


@dataclass(frozen=True, slots=True)
class _WaitingEvent:
    id: int
    event: ShopEvent
    attempts: int
    traceparent: str | None = None

    @property
    def batch_key(self) -> object:
        """Equal for events that may be sent together; an event that has failed alone is always sent alone."""
        return type(self.event) if isinstance(self.event, BATCHED) and not self.attempts else self.id


class Relay:
    """Delivers to one destination; `wake` ends a pause early, `stop` ends the loop."""

    def __init__(
        self,
        store: Store,
        sender: Sender,
        *,
        wake: Event,
        stop: Event,
        batch: int | None = None,
        max_wait: float = MAX_WAIT,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """`max_wait` is the longest pause after a failure of the destination, in seconds.

        `batch` is how many events are read at once, by default as many as the sender takes.
        """
        self._store = store
        self._sender = sender
        self._wake = wake
        self._stop = stop
        self._batch = batch or sender.max_batch
        self._clock = clock
        self._lease = Lease(store, sender.destination, clock=clock, max_wait=max_wait)

    def run(self) -> None:
        """Deliver until `stop` is set; every failure is logged and retried."""
        retrying = Retrying(
            retry=retry_if_exception_type(Exception),
            wait=_pause,
            sleep=sleep_using_event(self._stop),
            stop=stop_when_event_set(self._stop),
            before_sleep=_log_failure,
        )
        # RetryError: stopped while it kept failing; the events stay in the outbox.
        with suppress(RetryError):
            while not self._stop.is_set():
                if retrying(self.deliver) < self._batch:
                    self._wake.wait(POLL)
                    self._wake.clear()
        with suppress(StoreUnavailable):
            self._lease.release()

    def deliver(self) -> int:
        """Deliver the oldest batch; returns how many events were in it, 0 while another worker delivers.

        An event leaves the outbox only after the destination has answered: after a crash in between it is delivered
        again, and the destination ignores the repetition. Raises StoreUnavailable, and BackOff if the destination
        failed.
        """
        rows = self._rows()
        if not rows:  # an idle relay writes nothing
            return 0
        if not self._lease.is_held:
            if not self._lease.take():
                return 0
            # The previous holder of the lease may have delivered some of the rows.
            rows = self._rows()
        try:
            self._send_all(self._readable(rows))
        except LeaseLost:
            log.warning("relay_lease_lost", destination=self._destination)
            return 0
        return len(rows)

    @property
    def _destination(self) -> str:
        return self._sender.destination.value

    def _rows(self) -> list[OutboxRow]:
        with self._store.read() as work:
            return work.outbox.waiting(self._batch, self._sender.destination)

    def _readable(self, rows: Sequence[OutboxRow]) -> list[_WaitingEvent]:
        malformed: dict[int, str] = {}
        readable: list[_WaitingEvent] = []
        for row in rows:
            try:
                readable.append(_WaitingEvent(row.event_id, row.event(), row.attempts, row.traceparent))
            except MalformedEvent as error:
                malformed[row.event_id] = str(error)
        if malformed:
            self._settle([], malformed)
        return readable

    def _send_all(self, events: Sequence[_WaitingEvent]) -> None:
        # In order: a guest's interactions must arrive before the guest is merged.
        batches = deque(list(batch) for _, batch in groupby(events, key=lambda waiting: waiting.batch_key))
        while batches and not self._stop.is_set():
            batch = batches.popleft()
            self._lease.require()
            if not self._send(batch):
                half = len(batch) // 2
                batches.extendleft((batch[half:], batch[:half]))

    def _send(self, batch: Sequence[_WaitingEvent]) -> bool:
        """Whether the batch is settled; if not, it is too large, or an event in it fails: it must be divided."""
        try:
            with delivery(self._destination, [waiting.traceparent for waiting in batch]):
                reasons = self._sender.send([waiting.event for waiting in batch])
            results = dict(zip((waiting.id for waiting in batch), reasons, strict=True))
        except StoreUnavailable:
            raise  # the shop's own database failed, not the destination
        except Exception as error:
            if isinstance(error, Unavailable) and not isinstance(error, Broken):
                raise self._lease.back_off(error) from error
            if not isinstance(error, MarketplaceError):
                log.exception("relay_call_failed", destination=self._destination)
            if len(batch) > 1:
                return False
            self._count_failure(batch[0], error)
            return True
        refused = {event_id: reason for event_id, reason in results.items() if reason is not None}
        self._settle([event_id for event_id in results if event_id not in refused], refused)
        return True

    def _count_failure(self, waiting: _WaitingEvent, error: Exception) -> None:
        reason = str(error) if isinstance(error, MarketplaceError) else f"{type(error).__name__}: {error}"
        if isinstance(error, Refused):
            self._settle([], {waiting.id: reason})
        elif waiting.attempts + 1 < MAX_ATTEMPTS:
            raise self._lease.back_off(error, attempted=waiting.id) from error
        else:
            self._settle([], {waiting.id: f"failed {MAX_ATTEMPTS} times, most recently: {reason}"})

    def _settle(self, delivered: Sequence[int], refused: Mapping[int, str]) -> None:
        attempts = self._lease.failures + 1
        reasons = {event_id: reason[:MAX_REASON_LENGTH] for event_id, reason in refused.items()}
        with self._lease.settling() as work:
            if self._sender.destination not in BUILT_IN:
                self._log_deliveries(work, [*delivered, *refused], reasons, attempts)
            if refused:
                self._report_first_failure(work, list(refused))
            work.outbox.remove(delivered)
            work.outbox.mark_failed(reasons)
        for event_id in refused:
            # The reason may name a reader, so it is in the table only and not in the log.
            log.error("event_delivery_failed", event_id=event_id)

    def _log_deliveries(
        self, work: UnitOfWork, event_ids: Sequence[int], reasons: Mapping[int, str], attempts: int
    ) -> None:
        # A row that is gone was about a reader whose data has been deleted meanwhile.
        for row in work.outbox.lock(event_ids):
            error = reasons.get(row.event_id)
            work.event_log.add(self._sender.destination, row, error, attempts=attempts, at=self._clock())

    def _report_first_failure(self, work: UnitOfWork, event_ids: Sequence[int]) -> None:
        """Publish that the destination has a failed delivery, its first one since there was none."""
        if self._sender.destination == NOTICES or work.outbox.has_failed(self._sender.destination):
            return
        if not all(map(_is_report, work.outbox.lock(event_ids))):
            work.outbox.publish(DeliveryFailed(destination=self._destination), at=self._clock())


def _is_report(row: OutboxRow) -> bool:
    try:
        event = row.event()
    except MalformedEvent:
        return False
    return isinstance(event, PublishedEvent) and isinstance(event.data, DeliveryFailed)


def _pause(attempt: RetryCallState) -> float:
    error = attempt.outcome.exception() if attempt.outcome else None
    return error.seconds if isinstance(error, BackOff) else _PAUSE(attempt)


def _log_failure(attempt: RetryCallState) -> None:
    error = attempt.outcome.exception() if attempt.outcome else None
    if not isinstance(error, BackOff):  # logged by the lease
        log.error("relay_failed", exc_info=error)
