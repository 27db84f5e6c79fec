"""The loop that sends the messages of one channel: each at least once, and one process at a time each message."""

import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from uuid import uuid4

import structlog
from tenacity import RetryCallState, RetryError, Retrying, retry_if_exception_type, sleep_using_event
from tenacity.stop import stop_when_event_set
from tenacity.wait import wait_exponential_jitter

from notices.channels import Transport
from notices.domain import Channel, Message, NotSent, PermanentFailure, TemporaryFailure
from notices.rendering import render
from notices.service import Files
from notices.store import Store
from servicekit.backoff import seconds_after
from servicekit.clock import now
from servicekit.tracing.context import parse
from servicekit.tracing.spans import Kind, Scope, span

log = structlog.get_logger()

POLL_SECONDS = 0.25
LEASE = timedelta(seconds=120)
"""When another process may send a message that this one has not settled; longer than sending can take."""
BACKOFF = wait_exponential_jitter(multiplier=1.0, max=3600.0, jitter=1.0)
"""How long a message waits after each failure, in seconds."""


class Sender:
    """Sends the messages of one channel.

    A message is marked after it was accepted: if the process dies in between, it is sent again.
    """

    def __init__(
        self,
        store: Store,
        channel: Channel,
        transport: Transport,
        files: Files,
        *,
        clock: Callable[[], datetime] = now,
    ) -> None:
        """`files` is where the message's file is deleted if the reader was deleted while it was sent."""
        self._store = store
        self.channel = channel
        self._transport = transport
        self._files = files
        self._clock = clock
        self._paused_until: datetime | None = None
        self._settle: Callable[[], None] | None = None

    def run(self, stop: Event) -> None:
        """Send until `stop` is set; failures of the database are logged and retried."""
        retrying = Retrying(
            retry=retry_if_exception_type(Exception),
            wait=wait_exponential_jitter(multiplier=POLL_SECONDS, max=10, jitter=POLL_SECONDS),
            sleep=sleep_using_event(stop),
            stop=stop_when_event_set(stop),
            before_sleep=_log_failure,
        )
        try:
            while not stop.is_set():
                if not retrying(self.step):
                    self._transport.rest()
                    stop.wait(POLL_SECONDS)
        except RetryError:
            return  # stopped while it kept failing
        finally:
            self._transport.rest()

    def step(self) -> bool:
        """Send the message that has been due longest; False if none is.

        Raises StoreUnavailable; the outcome of a message that has been sent is then stored by the next call.
        """
        if self._settle is None:
            holder = uuid4().hex
            message = self._claim(holder)
            if message is None:
                return False
            self._settle = self._send(message, holder)
        self._settle()
        self._settle = None
        return True

    def _send(self, message: Message, holder: str) -> Callable[[], None]:
        """Send a message; returns what stores the outcome."""
        try:
            with self._sending(message):
                self._transport.send(message, render(message))
        except PermanentFailure as error:
            return partial(self._fail, message, holder, error)
        except TemporaryFailure as error:
            return partial(self._postpone, message, holder, error)
        except Exception as error:  # noqa: BLE001
            # One message that cannot be sent delays no other. The text of the error may name the recipient.
            place = traceback.extract_tb(error.__traceback__)[-1]
            cause = type(error).__name__
            where = f"{place.name}:{place.lineno}"
            log.error("message_broken", **_described(message), cause=cause, place=where)  # noqa: TRY400
            return partial(self._postpone, message, holder, TemporaryFailure(f"unexpected {cause}"))
        return partial(self._mark_sent, message, holder)

    def _sending(self, message: Message) -> Scope:
        attributes = {
            "messaging.system": self.channel.value,
            "messaging.operation.type": "send",
            "messaging.operation.name": "send",
            # One of a few: it is no address.
            "messaging.destination.name": message.kind,
        }
        return span(f"send {self.channel.value}", Kind.CLIENT, parent=message.traceparent, attributes=attributes)

    def _claim(self, holder: str) -> Message | None:
        moment = self._clock()
        if self._paused_until is not None and moment < self._paused_until:
            return None
        with self._store.read() as work:
            if not work.messages.is_due(self.channel, moment):  # an idle sender writes nothing
                return None
        with self._store.write() as work:
            message = work.messages.claim(self.channel, holder, now=moment, until=moment + LEASE)
            work.commit()
        return message

    def _mark_sent(self, message: Message, holder: str) -> None:
        with self._store.write() as work:
            is_kept = work.messages.mark_sent(message, holder, at=self._clock())
            # Another process may have taken it over: then the file is that one's too.
            is_deleted = not is_kept and not work.messages.existing([message.id])
            work.commit()
        if is_deleted:
            self._files.discard([message])
        log.info("message_sent", **_described(message))

    def _fail(self, message: Message, holder: str, error: NotSent) -> None:
        with self._store.write() as work:
            work.messages.mark_failed(message, holder, at=self._clock(), error=_stored(message, error))
            work.commit()
        log.error("message_failed", **_described(message), cause=error.cause)

    def _postpone(self, message: Message, holder: str, error: TemporaryFailure) -> None:
        moment = self._clock()
        if error.pause_seconds:
            self._paused_until = moment + timedelta(seconds=error.pause_seconds)
        wait = max(seconds_after(message.attempts, BACKOFF), error.pause_seconds)
        until = moment + timedelta(seconds=wait)
        if until > message.give_up_at:
            self._fail(message, holder, error)
            return
        with self._store.write() as work:
            work.messages.postpone(message, holder, until=until, error=_stored(message, error))
            work.commit()
        log.warning("message_postponed", **_described(message), cause=error.cause, seconds=round(wait))


def _stored(message: Message, error: NotSent) -> str:
    # Moderators see it, and servers repeat the address.
    return str(error).replace(message.recipient, message.masked_recipient)


def _described(message: Message) -> dict[str, object]:
    """What the log says of a message, and no recipient or link."""
    context = parse(message.traceparent)
    return {
        "message_id": message.id,
        "event_id": message.event_id,
        "kind": message.kind,
        "channel": message.channel.value,
        "attempts": message.attempts,
        **({"trace_id": context.trace_id} if context else {}),
    }


def _log_failure(attempt: RetryCallState) -> None:
    error = attempt.outcome.exception() if attempt.outcome else None
    log.error("sender_failed", exc_info=error)
