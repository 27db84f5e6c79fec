"""Receivers of published events for tests, over HTTP and RabbitMQ: they go down, freeze, are killed and come back."""

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from events import broker, signature
from events.envelope import Event, decode
from marketplace.gateways.http_receiver import HttpReceiver
from marketplace.gateways.rabbitmq import BrokerReceiver
from marketplace.relay.senders import Receiver
from tests.http_server import HttpServer, Request, answer
from tests.rabbitmq import RabbitMQ

SECRET = signature.new_secret()
TIMEOUT = 0.5
POISON = 13
"""The book of an event that the receiver refuses."""


class AnyReceiver(Protocol):
    """A receiver that a test stops in several ways; it refuses events about the book POISON."""

    def connect(self) -> Receiver:
        """The shop's client of it."""

    def down(self) -> None:
        """Stop it; connections are refused."""

    def up(self) -> None:
        """Start it again, at the same address."""

    def frozen(self) -> AbstractContextManager[None]:
        """Have it accept connections and never answer during the block."""

    def received(self) -> list[Event]:
        """What it has accepted so far, in order."""

    def close(self) -> None:
        """Stop it for good."""


class HttpWorld:
    """Receives over HTTP; it refuses unsigned requests, as it should."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._server: HttpServer | None = None
        self._port = 0
        self.up()

    def connect(self) -> Receiver:
        return HttpReceiver(f"http://127.0.0.1:{self._port}/events", SECRET, timeout=TIMEOUT)

    def down(self) -> None:
        if self._server is not None:
            self._server.__exit__(None, None, None)
            self._server = None

    def up(self) -> None:
        self._server = HttpServer(self._port)
        self._server.answer = self._accept
        self._server.__enter__()
        self._port = int(self._server.url.rpartition(":")[2])

    @contextmanager
    def frozen(self) -> Iterator[None]:
        assert self._server is not None
        self._server.answer = self._server.hang
        yield
        self._server.answer = self._accept

    def received(self) -> list[Event]:
        return list(self._events)

    def close(self) -> None:
        self.down()

    def _accept(self, request: Request) -> Iterator[bytes]:
        headers = {name.lower(): value for name, value in request.headers.items()}
        signature.verify(SECRET, headers, request.body)
        event = decode(request.body)
        is_poison = getattr(event.data, "book_id", None) == POISON
        if not is_poison:
            self._events.append(event)
        yield from answer(422 if is_poison else 204, b"", Connection="close")(request)


class BrokerWorld:
    """Receives from a queue of its own; nothing takes events about the removal of a book."""

    def __init__(self, server: RabbitMQ) -> None:
        self._server = server
        self._queue = f"test-{uuid.uuid4().hex}"
        self._events: list[Event] = []
        with server.channel() as channel:
            channel.exchange_declare(broker.PUBLIC_EXCHANGE, "topic", durable=True)
            channel.queue_declare(self._queue, durable=True, arguments=broker.QUORUM)
            channel.queue_bind(self._queue, broker.PUBLIC_EXCHANGE, routing_key="marketplace.book.changed")

    def connect(self) -> Receiver:
        return BrokerReceiver(self._server.url, seconds=TIMEOUT)

    def down(self) -> None:
        self._server.kill()

    def up(self) -> None:
        self._server.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        with self._server.frozen():
            yield

    def received(self) -> list[Event]:
        with self._server.channel() as channel:
            while (got := channel.basic_get(self._queue, auto_ack=True))[0] is not None:
                method, properties, body = got
                assert properties is not None
                assert body is not None
                event = decode(body)
                assert (properties.message_id, properties.content_type) == (event.id, "application/cloudevents+json")
                assert method is not None
                assert method.routing_key == event.type
                self._events.append(event)
        return list(self._events)

    def close(self) -> None:
        if self._server.is_running:
            with self._server.channel() as channel:
                channel.queue_delete(self._queue)
