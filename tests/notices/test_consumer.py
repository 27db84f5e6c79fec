"""Tests of notices.consumer against a real RabbitMQ."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event as Flag
from threading import Thread

import pika
import pytest
import structlog
from pika import BasicProperties

from events.broker import (
    DEAD_QUEUE,
    DELIVERY_LIMIT,
    NOTICES_QUEUE,
    PRIVATE_EXCHANGE,
    PUBLIC_EXCHANGE,
    declare_notices,
)
from events.envelope import Event, encode
from events.types import BookRemoved
from notices.consumer import PREFETCH, Consumer
from notices.domain import StoreUnavailable
from notices.service import Notices
from tests.e2e.processes import await_that
from tests.notices.samples import DELETED, LOW, READER, event, notice, placed
from tests.rabbitmq import RabbitMQ

pytestmark = [pytest.mark.slow, pytest.mark.rabbitmq]
PERSISTENT = BasicProperties(delivery_mode=2)


@contextmanager
def consuming(broker: RabbitMQ, accept: Callable[[Event], object]) -> Iterator[Flag]:
    """A consumer in a thread; it must end soon after it is stopped."""
    stop = Flag()
    thread = Thread(target=Consumer(broker.url, accept, stop).run)
    thread.start()
    try:
        yield stop
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def publish(broker: RabbitMQ, *published: Event | bytes) -> None:
    """Publish events where they belong, as the shop does, and bytes as if they were one."""
    with broker.channel() as channel:
        declare_notices(channel)
        channel.confirm_delivery()
        for sent in published:
            body = sent if isinstance(sent, bytes) else encode(sent)
            kind = event(notice()).type if isinstance(sent, bytes) else sent.type
            is_private = isinstance(sent, bytes) or sent.data.is_private
            exchange = PRIVATE_EXCHANGE if is_private else PUBLIC_EXCHANGE
            channel.basic_publish(exchange, kind, body, PERSISTENT, mandatory=True)


def length(broker: RabbitMQ, queue: str) -> int:
    with broker.channel() as channel:
        return int(channel.queue_declare(queue, passive=True).method.message_count)


def is_empty(broker: RabbitMQ) -> bool:
    return length(broker, NOTICES_QUEUE) == 0


def test_events_are_stored_and_acknowledged(broker: RabbitMQ, notices: Notices) -> None:
    """Public and private ones, each once; the consumer makes the queue if it comes first."""
    with consuming(broker, notices.accept):
        publish(broker, event(notice(), "1"), event(placed(), "2"), event(notice(), "1"), event(LOW, "3"))
        await_that(lambda: notices.length().waiting == 5)
        publish(broker, event(DELETED, "4"))
        await_that(lambda: not notices.about(READER))
    assert is_empty(broker)
    assert length(broker, DEAD_QUEUE) == 0


def test_what_is_no_event_is_dead_lettered(broker: RabbitMQ, notices: Notices) -> None:
    """At once, and what follows is not delayed."""
    with structlog.testing.capture_logs() as logs:
        publish(broker, b"nonsense", event(notice(), "x" * 300), event(notice(), "1"))
        with consuming(broker, notices.accept):
            await_that(lambda: notices.length().waiting == 1)
            await_that(lambda: length(broker, DEAD_QUEUE) == 2)
    assert [log["event"] for log in logs].count("event_dead_lettered") == 2
    assert "nonsense" not in str(logs)
    assert is_empty(broker)


def test_types_for_others_do_not_arrive(broker: RabbitMQ) -> None:
    """The queue is bound to what notices receives."""
    with broker.channel() as channel:
        declare_notices(channel)
        channel.confirm_delivery()
        other = event(BookRemoved(book_id=1))
        with pytest.raises(pika.exceptions.UnroutableError):
            channel.basic_publish(PUBLIC_EXCHANGE, other.type, encode(other), PERSISTENT, mandatory=True)


def test_an_outage_of_the_database_dead_letters_nothing(broker: RabbitMQ, notices: Notices) -> None:
    """However often storing fails: more often than the queue would deliver it again."""
    failures = iter(range(DELIVERY_LIMIT + 5))

    def accept(accepted: Event) -> None:
        if next(failures, None) is not None:
            raise StoreUnavailable("gone")
        notices.accept(accepted)

    publish(broker, event(notice(), "1"), event(notice(), "2"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("notices.consumer.BACKOFF", lambda _state: 0.02)
        with consuming(broker, accept):
            await_that(lambda: notices.length().waiting == 2)
    assert (length(broker, DEAD_QUEUE), is_empty(broker)) == (0, True)


def test_stopped_while_the_database_is_gone_it_ends_and_loses_nothing(broker: RabbitMQ, notices: Notices) -> None:
    """What was not stored is in the queue for the next one."""
    tried = Flag()

    def fail(_event: Event) -> None:
        tried.set()
        raise StoreUnavailable("gone")

    publish(broker, event(notice(), "1"))
    with consuming(broker, fail):
        assert tried.wait(30)
    await_that(lambda: length(broker, NOTICES_QUEUE) == 1)
    with consuming(broker, notices.accept):
        await_that(lambda: notices.length().waiting == 1)


def test_it_comes_back_after_the_broker(broker: RabbitMQ, notices: Notices) -> None:
    """Killed and started again, the broker has what it had confirmed, and nothing is stored twice."""
    numbers = [str(number) for number in range(2 * PREFETCH)]
    with structlog.testing.capture_logs() as logs, consuming(broker, notices.accept):
        publish(broker, event(notice(), "first"))
        await_that(lambda: notices.length().waiting == 1)
        broker.kill()
        broker.start()
        publish(broker, *(event(notice(), number) for number in numbers))
        await_that(lambda: notices.length().waiting == 1 + len(numbers))
    assert "broker_unavailable" in [log["event"] for log in logs]
    assert "guest" not in str(logs)


def test_it_waits_for_a_broker_that_is_not_there() -> None:
    """And ends when it is stopped."""
    stop = Flag()
    with structlog.testing.capture_logs() as logs:
        consumer = Consumer("amqp://guest:s3cret@127.0.0.1:1", lambda _event: None, stop)
        thread = Thread(target=consumer.run)
        thread.start()
        await_that(lambda: len(logs) >= 1)
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert logs[0]["event"] == "broker_unavailable"
    assert "s3cret" not in str(logs)


def test_two_consumers_store_each_event_once(broker: RabbitMQ, notices: Notices) -> None:
    """As two processes would."""
    with consuming(broker, notices.accept), consuming(broker, notices.accept):
        publish(broker, *(event(notice(), str(number % 50)) for number in range(100)))
        await_that(lambda: notices.length().waiting == 50 and is_empty(broker))
    assert notices.length().waiting == 50
