"""The client of RabbitMQ, for published events; see `events.broker`."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError, UnroutableError

from events.broker import NOTICES_QUEUE, PRIVATE_EXCHANGE, PUBLIC_EXCHANGE, declare_notices, declare_public
from events.envelope import CONTENT_TYPE, Event, encode
from marketplace.domain.errors import ReceiverRefused, ReceiverUnavailable
from servicekit.tracing.context import HEADER

CONNECT_SECONDS = 4.0
CALL_SECONDS = 5.0
"""How long connecting, and after that publishing, may take: together less than the lease leaves for a call."""
CLOSE_SECONDS = 2.0

# The second is that of a connection that is not established in time.
_FAILURES = (AMQPError, AMQPConnectorException, OSError)


class _BrokerReceiver:
    """Publishes persistent messages, each confirmed by the broker; connects on first use and after any failure."""

    exchange: str

    def __init__(self, url: str, *, seconds: float = CALL_SECONDS) -> None:
        """The URL may have a password; `seconds` is how long a call may take on an open connection."""
        self._parameters = _parameters(url)
        self._seconds = seconds
        self._connection: pika.BlockingConnection | None = None
        self._channel: BlockingChannel | None = None

    def publish(self, event: Event) -> None:
        """Have the broker confirm that the event is in a queue.

        Raises ReceiverUnavailable, and ReceiverRefused if no queue takes events of the type.
        """
        properties = pika.BasicProperties(
            content_type=CONTENT_TYPE,
            delivery_mode=pika.DeliveryMode.Persistent,
            message_id=event.id,
            type=event.type,
            timestamp=int(event.time.timestamp()),
            headers={HEADER: event.traceparent} if event.traceparent else None,
        )
        try:
            self._publish(event.type, encode(event), properties)
        except UnroutableError as error:
            raise self._unroutable(event.type) from error
        except _FAILURES as error:
            self.close()
            raise _unavailable(error) from error

    def close(self) -> None:
        """Close the connection; the next call opens another one."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None and connection.is_open:
            with suppress(*_FAILURES), _deadline(connection, CLOSE_SECONDS):
                connection.close()

    def _publish(self, kind: str, body: bytes, properties: pika.BasicProperties) -> None:
        if self._connection is None:
            self._connection = pika.BlockingConnection(self._parameters)
        with _deadline(self._connection, self._seconds):
            if self._channel is None:
                channel = self._connection.channel()
                channel.confirm_delivery()
                self._declare(channel)
                self._channel = channel
            self._channel.basic_publish(self.exchange, kind, body, properties, mandatory=True)

    def _declare(self, channel: BlockingChannel) -> None:
        raise NotImplementedError

    def _unroutable(self, kind: str) -> Exception:
        raise NotImplementedError


class BrokerReceiver(_BrokerReceiver):
    """Publishes to the exchange of public events; who wants them binds a queue to it."""

    exchange = PUBLIC_EXCHANGE

    def publish(self, event: Event) -> None:
        """As above; a private event is refused."""
        if event.data.is_private:
            raise ReceiverRefused("a private event is for notices alone")
        super().publish(event)

    def _declare(self, channel: BlockingChannel) -> None:
        declare_public(channel)

    def _unroutable(self, kind: str) -> Exception:
        return ReceiverRefused(f"no queue takes events of the type {kind}: bind one to {self.exchange}")


class NoticesBrokerReceiver(_BrokerReceiver):
    """Publishes to the queue of notices, which it declares, so that messages wait there before notices first runs.

    All go through the private exchange: others who are bound to the public one get them from their own destination.
    """

    exchange = PRIVATE_EXCHANGE

    def _declare(self, channel: BlockingChannel) -> None:
        declare_notices(channel)

    def _unroutable(self, kind: str) -> Exception:
        # Somebody has deleted the queue: the next connection declares it again.
        self.close()
        return ReceiverUnavailable(f"the queue {NOTICES_QUEUE} does not take events of the type {kind}")


def _parameters(url: str) -> pika.URLParameters:
    parameters = pika.URLParameters(url)
    parameters.connection_attempts = 1
    parameters.socket_timeout = parameters.stack_timeout = CONNECT_SECONDS
    # Between events nobody answers heartbeats. A broker that is gone shows at the next call, which has a deadline.
    parameters.heartbeat = 0
    return parameters


@contextmanager
def _deadline(connection: pika.BlockingConnection, seconds: float) -> Iterator[None]:
    """End the connection if the block takes longer: a broker that is frozen, blocked or without quorum never answers.

    BlockingConnection has no such timeout. What its `call_later` is given is not called while it waits for an answer;
    that of the connection inside it is.
    """
    inner = connection._impl.ioloop  # type: ignore[attr-defined]  # noqa: SLF001
    timer = inner.call_later(seconds, lambda: _terminate(connection))
    try:
        yield
    finally:
        inner.remove_timeout(timer)


def _terminate(connection: pika.BlockingConnection) -> None:
    if not connection.is_closed:
        connection._impl._terminate_stream(TimeoutError("no answer in time"))  # type: ignore[attr-defined]  # noqa: SLF001


def _unavailable(error: Exception) -> ReceiverUnavailable:
    # The text of some errors has the broker's address or what it answered: only the kind may be shown.
    unavailable = ReceiverUnavailable(f"the broker did not accept the event: {type(error).__name__}")
    unavailable.code = type(error).__name__
    return unavailable
