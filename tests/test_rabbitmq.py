"""The tests' own RabbitMQ."""

import pika
import pytest
from pika.exceptions import AMQPConnectionError

from events.broker import QUORUM
from tests.rabbitmq import RabbitMQ

pytestmark = [pytest.mark.slow, pytest.mark.rabbitmq]


def test_a_killed_server_comes_back_with_what_it_confirmed(broker: RabbitMQ) -> None:
    """What tests of outages rely on: the port and confirmed messages stay when the server is killed."""
    with broker.channel() as channel:
        channel.queue_declare("kept", durable=True, arguments=QUORUM)
        channel.confirm_delivery()
        channel.basic_publish("", "kept", b"message", pika.BasicProperties(delivery_mode=2), mandatory=True)
    broker.kill()
    with pytest.raises(AMQPConnectionError), broker.channel():
        pass
    broker.start()
    with broker.channel() as channel:
        assert channel.basic_get("kept", auto_ack=True)[2] == b"message"
        channel.queue_delete("kept")
