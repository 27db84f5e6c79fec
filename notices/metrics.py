"""What Prometheus may know of notices."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from notices.domain import QueueLength, StoreUnavailable
from servicekit.clock import now
from servicekit.metrics.registry import DatabaseReadings, gauge


def add_queue(registry: CollectorRegistry, length: Callable[[], QueueLength]) -> None:
    """Add the queue, whose length a function returns. It raises StoreUnavailable."""

    def read() -> Iterable[Metric]:
        queue = length()
        age = max(0.0, (now() - queue.oldest).total_seconds()) if queue.oldest else 0.0
        yield gauge("notices_messages_waiting", "Mails and Telegram messages that wait to be sent.", queue.waiting)
        yield gauge("notices_oldest_message_age_seconds", "Age of the oldest of them, 0 without any.", age)
        yield gauge("notices_messages_failed", "Messages that could not be sent.", queue.failed)

    registry.register(DatabaseReadings(read, unavailable=StoreUnavailable))
