"""Events from RabbitMQ: acknowledged once they are stored."""

from collections.abc import Callable
from threading import Event

import pika
import structlog
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError
from tenacity.wait import wait_exponential_jitter

from events.broker import NOTICES_QUEUE, declare_notices
from events.envelope import Event as ShopEvent
from events.envelope import InvalidEvent, decode
from notices.domain import StoreUnavailable
from servicekit.backoff import seconds_after

log = structlog.get_logger()

PREFETCH = 50
POLL_SECONDS = 0.25
TIMEOUT_SECONDS = 10.0
BACKOFF = wait_exponential_jitter(multiplier=0.5, max=30.0, jitter=0.5)


class Consumer:
    """Consumes the queue of notices."""

    def __init__(self, url: str, accept: Callable[[ShopEvent], object], stop: Event) -> None:
        """`accept` stores an event; it raises InvalidEvent and StoreUnavailable. `stop` ends `run`."""
        self._parameters = pika.URLParameters(url)
        self._parameters.socket_timeout = self._parameters.stack_timeout = TIMEOUT_SECONDS
        self._parameters.blocked_connection_timeout = TIMEOUT_SECONDS
        self._accept = accept
        self._stop = stop
        self._failures = 0

    def run(self) -> None:
        """Consume until `stop` is set; connect again after each failure of the broker."""
        while not self._stop.is_set():
            try:
                connection = pika.BlockingConnection(self._parameters)
                try:
                    self._consume(connection)
                finally:
                    # What is not acknowledged goes back to the queue.
                    if connection.is_open:
                        connection.close()
            except (AMQPError, OSError) as error:
                self._failures += 1
                seconds = seconds_after(self._failures, BACKOFF)
                log.warning("broker_unavailable", cause=type(error).__name__, seconds=round(seconds, 1))
                self._stop.wait(seconds)

    def _consume(self, connection: pika.BlockingConnection) -> None:
        channel = connection.channel()
        declare_notices(channel)
        channel.basic_qos(prefetch_count=PREFETCH)
        self._failures = 0
        log.info("broker_connected", queue=NOTICES_QUEUE)
        for method, _, body in channel.consume(NOTICES_QUEUE, inactivity_timeout=POLL_SECONDS):
            if self._stop.is_set():
                return
            if method is not None and body is not None and method.delivery_tag is not None:
                self._take(connection, channel, method.delivery_tag, body)

    def _take(self, connection: pika.BlockingConnection, channel: BlockingChannel, tag: int, body: bytes) -> None:
        failures = 0
        while not self._stop.is_set():
            try:
                self._accept(decode(body))
            except InvalidEvent as error:
                # To the dead-letter queue: it would be no event the next time either.
                log.warning("event_dead_lettered", cause=str(error))
                channel.basic_reject(tag, requeue=False)
                return
            except StoreUnavailable:
                # Not back to the queue, which counts deliveries: an outage must not dead-letter events.
                failures += 1
                log.exception("database_unavailable")
                # It answers heartbeats meanwhile.
                connection.sleep(min(seconds_after(failures, BACKOFF), 5.0))
            else:
                channel.basic_ack(tag)
                return
