"""The names in RabbitMQ. Publisher and consumer declare what they use, with the same arguments."""

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
