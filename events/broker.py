"""What is in RabbitMQ: names, and the declarations, which publisher and consumer both make when they connect."""

from pika.adapters.blocking_connection import BlockingChannel

from events.types import NOTICES_TYPES, PUBLIC_TYPES

PUBLIC_EXCHANGE = "marketplace.events"
"""A durable topic exchange of public events; the routing key is the event's type."""

PRIVATE_EXCHANGE = "marketplace.private"
"""A durable direct exchange of what notices alone may see; the routing key is the event's type."""

NOTICES_QUEUE = "notices"
"""A quorum queue, bound to both exchanges for the types that notices receives."""

DEAD_EXCHANGE = "marketplace.dead"
DEAD_QUEUE = "notices.dead"
"""Where a message goes that was delivered too often, or is no event; a quorum queue, bound to DEAD_EXCHANGE."""

DELIVERY_LIMIT = 20

QUORUM = {"x-queue-type": "quorum"}
NOTICES_ARGUMENTS = {**QUORUM, "x-delivery-limit": DELIVERY_LIMIT, "x-dead-letter-exchange": DEAD_EXCHANGE}


def declare_public(channel: BlockingChannel) -> None:
    """Declare the exchange of public events."""
    channel.exchange_declare(PUBLIC_EXCHANGE, "topic", durable=True)


def declare_notices(channel: BlockingChannel) -> None:
    """Declare the queue of notices, and everything that it needs."""
    declare_public(channel)
    channel.exchange_declare(PRIVATE_EXCHANGE, "direct", durable=True)
    channel.exchange_declare(DEAD_EXCHANGE, "fanout", durable=True)
    channel.queue_declare(DEAD_QUEUE, durable=True, arguments=QUORUM)
    channel.queue_bind(DEAD_QUEUE, DEAD_EXCHANGE)
    channel.queue_declare(NOTICES_QUEUE, durable=True, arguments=NOTICES_ARGUMENTS)
    for kind in NOTICES_TYPES:
        channel.queue_bind(NOTICES_QUEUE, PRIVATE_EXCHANGE, routing_key=kind)
        if kind in PUBLIC_TYPES:
            channel.queue_bind(NOTICES_QUEUE, PUBLIC_EXCHANGE, routing_key=kind)
