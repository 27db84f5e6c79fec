"""Measures the calls of a gRPC server."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import Metric

from servicekit.metrics.registry import BUCKETS, Readings, gauge


class CallMetrics:
    """The rate, errors and duration of calls, by method; the names are those of other gRPC servers' metrics."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._calls = Counter(
            "grpc_server_handled",
            "Calls by method and status code; RESOURCE_EXHAUSTED for those refused as too many.",
            ("grpc_method", "grpc_code"),
            registry=registry,
        )
        self._seconds = Histogram(
            "grpc_server_handling_seconds",
            "How long calls took, by method, with their wait for a thread.",
            ("grpc_method",),
            buckets=BUCKETS,
            registry=registry,
        )

    def observe(self, method: str, code: str, seconds: float) -> None:
        """Count a call of `/Service/Method` that ended with this status code."""
        name = method.rpartition("/")[2]
        self._calls.labels(name, code).inc()
        self._seconds.labels(name).observe(seconds)

    def add_pool(self, threads: int, calls: Callable[[], int]) -> None:
        """Add a pool of so many threads; `calls` returns how many calls it runs, or wait for it."""

        def read() -> Iterable[Metric]:
            accepted = calls()
            yield gauge("grpc_threads", "Threads for calls that use the database or wait for others.", threads)
            yield gauge("grpc_threads_busy", "Of them, those that run a call.", min(threads, accepted))
            yield gauge("grpc_calls_waiting", "Calls that wait for a thread.", max(0, accepted - threads))

        self._registry.register(Readings(read))
