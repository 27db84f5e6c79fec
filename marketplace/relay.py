"""Delivers the outbox to Recommendations: in order, at least once, nothing lost."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from threading import Event
from typing import Protocol

import structlog
from tenacity import RetryCallState, RetryError, Retrying, retry_if_exception_type, sleep_using_event
from tenacity.stop import stop_when_event_set
from tenacity.wait import wait_exponential_jitter

from marketplace.domain import (
    Interaction,
    Outcome,
    ReaderForgotten,
    ReadersMerged,
    RecommenderError,
    RecordResult,
    ShopEvent,
)
from marketplace.store import Store
from marketplace.store.events import MalformedEvent

log = structlog.get_logger()

BATCH = 500
POLL = 0.25
FIRST_WAIT = 0.1
LONGEST_WAIT = 2.0


class Recorder(Protocol):
    """What the relay needs of Recommendations."""

    def record(self, interactions: Sequence[Interaction]) -> list[RecordResult]:
        """One result for each, in order. Raises RecommenderError."""

    def merge(self, from_reader: int, into_reader: int) -> None:
        """Make one reader's history another's. Raises RecommenderError."""

    def forget(self, reader_id: int) -> None:
        """Have a reader's history gone. Raises RecommenderError."""


class Relay:
    """The loop between the outbox and Recommendations; `wake` ends its pause early."""

    def __init__(self, store: Store, recorder: Recorder, *, wake: Event, batch: int = BATCH) -> None:
        self._store = store
        self._recorder = recorder
        self._wake = wake
        self._batch = batch

    def run(self, stop: Event) -> None:
        """Deliver until `stop` is set; whatever goes wrong is logged and tried again."""
        retrying = Retrying(
            retry=retry_if_exception_type(Exception),
            wait=wait_exponential_jitter(multiplier=FIRST_WAIT, max=LONGEST_WAIT, jitter=FIRST_WAIT),
            sleep=sleep_using_event(stop),
            stop=stop_when_event_set(stop),
            before_sleep=_log_failure,
        )
        while not stop.is_set():
            try:
                taken = retrying(self._deliver_unless, stop)
            except RetryError:
                return  # stopped while it kept failing: the events stay where they are
            if taken < self._batch:
                self._wake.wait(POLL)
                self._wake.clear()

    def deliver(self) -> int:
        """Deliver the oldest batch; returns how many events it took up.

        An event leaves the outbox only after Recommendations has answered for it: what dies in between is
        delivered again, and counted once there. Raises RecommenderError and StoreUnavailable.
        """
        with self._store.read() as work:
            rows = work.outbox.waiting(self._batch)
        malformed: dict[int, str] = {}
        events: list[tuple[int, ShopEvent]] = []
        for row in rows:
            try:
                events.append((row.event_id, row.event()))
            except MalformedEvent as error:
                malformed[row.event_id] = str(error)
        if malformed:
            self._settle([], malformed)
        # In one order: what a guest did is told before that the guest became somebody.
        for are_interactions, run in groupby(events, key=lambda each: isinstance(each[1], Interaction)):
            if are_interactions:
                self._record(dict(run))
            else:
                for event_id, event in run:
                    self._tell(event)
                    self._settle([event_id], {})
        return len(rows)

    def _record(self, events: Mapping[int, ShopEvent]) -> None:
        interactions = [event for event in events.values() if isinstance(event, Interaction)]
        outcomes = dict(zip(events, self._recorder.record(interactions), strict=True))
        refused = {event: each.reason for event, each in outcomes.items() if each.outcome is Outcome.REFUSED}
        self._settle([event for event in outcomes if event not in refused], refused)

    def _tell(self, event: ShopEvent) -> None:
        match event:
            case ReadersMerged():
                self._recorder.merge(event.from_reader, event.into_reader)
            case ReaderForgotten():
                self._recorder.forget(event.reader_id)

    def _settle(self, delivered: Sequence[int], refused: Mapping[int, str]) -> None:
        with self._store.write() as work:
            work.outbox.remove(delivered)
            work.outbox.refuse(refused)
            work.commit()
        for event_id in refused:
            # The reason stays in the table: it may name the reader, which a log must not.
            log.error("an event was refused and set aside in the outbox", event_id=event_id)

    def _deliver_unless(self, stop: Event) -> int:
        return 0 if stop.is_set() else self.deliver()


def _log_failure(attempt: RetryCallState) -> None:
    error = attempt.outcome.exception() if attempt.outcome else None
    if not isinstance(error, RecommenderError):
        log.error("the relay failed and will try again", exc_info=error)
    elif attempt.attempt_number == 1:  # a line for an outage, not for each attempt
        log.warning("events wait for Recommendations", reason=str(error))
