"""A service's registry, and metrics whose values are read when they are asked for."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, ProcessCollector, disable_created_metrics
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from servicekit.deadline import deadline

BUCKETS = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Seconds; few, because each is a time series for every page and method."""

READ_SECONDS = 2.0
"""How long a scrape waits for the database; Prometheus waits ten seconds for a scrape."""

Read = Callable[[], Iterable[Metric]]


def create_registry() -> CollectorRegistry:
    """A registry of its own, with the memory, files and processor time of this process (on Linux)."""
    # For each counter and histogram, it would be a further series that no rule needs.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    return registry


class Readings(Collector):
    """Metrics that are read at each scrape, and are not kept."""

    def __init__(self, read: Read) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        return self._read()

    def describe(self) -> Iterable[Metric]:
        """Nothing: otherwise the registry would read the values when they are registered."""
        return ()


class DatabaseReadings(Readings):
    """Likewise, from a database; if that is away, `unavailable` is raised, and there are no values.

    `database_up` says whether there are.
    """

    def __init__(self, read: Read, *, unavailable: type[Exception]) -> None:
        super().__init__(read)
        self._unavailable = unavailable

    def collect(self) -> Iterable[Metric]:
        try:
            with deadline(READ_SECONDS):
                metrics = list(self._read())
        except self._unavailable:
            metrics = []
            is_up = False
        else:
            is_up = True
        return [gauge("database_up", "Whether this scrape could read the database, 0 or 1.", is_up), *metrics]


def gauge(name: str, documentation: str, value: float) -> Metric:
    """A value that goes up and down."""
    return GaugeMetricFamily(name, documentation, value=value)


def counter(name: str, documentation: str, value: float) -> Metric:
    """A value that only grows, until the process ends."""
    return CounterMetricFamily(name, documentation, value=value)
