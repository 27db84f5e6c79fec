"""The client of RabbitMQ."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace

import pytest
from pika.adapters.blocking_connection import BlockingChannel

from events import broker as names
from events.envelope import decode
from events.types import ReaderRegistered
from marketplace.domain.errors import ReceiverRefused, ReceiverUnavailable
from marketplace.gateways.rabbitmq import CALL_SECONDS, CONNECT_SECONDS, BrokerReceiver, NoticesBrokerReceiver
from marketplace.relay.lease import MIN_REMAINING
from tests.events.samples import NOTICE, ORDER, event
from tests.rabbitmq import RabbitMQ

pytestmark = [pytest.mark.slow, pytest.mark.rabbitmq]


@contextmanager
def eavesdropper(broker: RabbitMQ) -> Iterator[tuple[BlockingChannel, str]]:
    """A queue that takes all public events."""
    with broker.channel() as channel:
        channel.exchange_declare(names.PUBLIC_EXCHANGE, "topic", durable=True)
        queue = channel.queue_declare("", exclusive=True).method.queue
        channel.queue_bind(queue, names.PUBLIC_EXCHANGE, routing_key="#")
        yield channel, queue


def bodies(channel: BlockingChannel, queue: str) -> list[bytes]:
    """The messages of a queue."""
    found = []
    while (body := channel.basic_get(queue, auto_ack=True)[2]) is not None:
        found.append(body)
    return found


def test_events_for_notices_wait_before_it_first_runs(broker: RabbitMQ) -> None:
    """The client declares the queue; all that it sends is in it, and nothing is on the public exchange."""
    with (
        eavesdropper(broker) as (channel, others),
        closing(NoticesBrokerReceiver(broker.url)) as notices,
        closing(BrokerReceiver(broker.url)) as public,
    ):
        notices.publish(event(NOTICE))
        notices.publish(event(ORDER, id_="e-2"))
        sent = [decode(body) for body in bodies(channel, names.NOTICES_QUEUE)]
        assert sent == [event(NOTICE), event(ORDER, id_="e-2")]
        assert bodies(channel, others) == []
        with pytest.raises(ReceiverRefused):
            public.publish(event(NOTICE))
        public.publish(event(ORDER, id_="e-3"))
        assert [decode(body).id for body in bodies(channel, others)] == ["e-3"]
        # Notices is bound to the public exchange too, for what it receives.
        assert [decode(body).id for body in bodies(channel, names.NOTICES_QUEUE)] == ["e-3"]


def test_the_trace_of_an_event_is_a_header_too(broker: RabbitMQ) -> None:
    """The same, as the extension of CloudEvents demands; an event without one has no header."""
    header = f"00-{'a' * 32}-{'b' * 16}-01"
    with broker.channel() as channel, closing(NoticesBrokerReceiver(broker.url)) as notices:
        notices.publish(replace(event(NOTICE), traceparent=header))
        notices.publish(event(NOTICE))
        headers = [channel.basic_get(names.NOTICES_QUEUE, auto_ack=True)[1] for _ in range(2)]
    # The broker counts deliveries in a header of its own.
    assert [(got.headers or {}).get("traceparent") for got in headers if got is not None] == [header, None]


def test_a_dead_letter_is_kept(broker: RabbitMQ) -> None:
    """What notices rejects is in the other queue."""
    with broker.channel() as channel, closing(NoticesBrokerReceiver(broker.url)) as notices:
        notices.publish(event(NOTICE))
        got, _, body = channel.basic_get(names.NOTICES_QUEUE)
        assert got is not None
        assert got.delivery_tag is not None
        channel.basic_reject(got.delivery_tag, requeue=False)
        _, _, dead = next(channel.consume(names.DEAD_QUEUE, auto_ack=True, inactivity_timeout=10))
        assert body is not None
        assert dead == body


def test_what_no_queue_takes_is_refused(broker: RabbitMQ) -> None:
    """The reason says what to do; a queue of notices that somebody has deleted is declared again."""
    with (
        broker.channel() as channel,
        closing(BrokerReceiver(broker.url)) as public,
        closing(NoticesBrokerReceiver(broker.url)) as notices,
    ):
        with pytest.raises(ReceiverRefused, match=r"reader\.registered: bind one to marketplace\.events"):
            public.publish(event(ReaderRegistered(reader_id=7)))
        notices.publish(event(NOTICE))
        channel.queue_delete(names.NOTICES_QUEUE)
        with pytest.raises(ReceiverUnavailable):
            notices.publish(event(NOTICE))
        notices.publish(event(NOTICE))
        assert len(bodies(channel, names.NOTICES_QUEUE)) == 1


def test_a_frozen_broker_ends_calls_before_the_lease(broker: RabbitMQ) -> None:
    """Whether the connection is open or not, and when it is closed."""
    assert MIN_REMAINING.total_seconds() > CONNECT_SECONDS + CALL_SECONDS
    with ExitStack() as stack:
        opened, closed, ending = (
            stack.enter_context(closing(NoticesBrokerReceiver(broker.url, seconds=1.0))) for _ in range(3)
        )
        opened.publish(event(NOTICE))
        ending.publish(event(NOTICE))
        started = time.monotonic()
        with broker.frozen():
            for receiver in (opened, closed):
                with pytest.raises(ReceiverUnavailable):
                    receiver.publish(event(NOTICE))
            ending.close()
        assert time.monotonic() - started < MIN_REMAINING.total_seconds()
        opened.publish(event(NOTICE))
        closed.publish(event(NOTICE))


def test_no_password_is_in_an_error(broker: RabbitMQ) -> None:
    """Neither when it is wrong nor when nobody listens."""
    wrong = broker.url.replace("guest:guest", "guest:s3cret")
    for url in (wrong, "amqp://guest:s3cret@127.0.0.1:1"):
        with closing(BrokerReceiver(url)) as receiver, pytest.raises(ReceiverUnavailable) as raised:
            receiver.publish(event(ORDER))
        assert "s3cret" not in f"{raised.value} {raised.value.code}"
