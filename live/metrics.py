"""What Prometheus may know of live."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from live.hub import Hub
from servicekit.metrics.registry import Readings, counter, gauge


def add_hub(registry: CollectorRegistry, hub: Hub) -> None:
    """Add the connections; reading their numbers in another thread needs no lock."""

    def read() -> Iterable[Metric]:
        yield gauge("live_connections", "Pages that are connected.", len(hub))
        yield gauge("live_max_connections", "How many may be: LIVE_MAX_CONNECTIONS.", hub.max_connections)
        yield counter(
            "live_connections_refused", "Pages that were not let in, because there were too many.", hub.refused
        )
        yield counter("live_signals", "Changes of topics that the shop has told.", hub.signals)
        yield counter("live_messages", "Signals and notes that were sent to pages.", hub.messages)

    registry.register(Readings(read))
