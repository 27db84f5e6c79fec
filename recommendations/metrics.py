"""What Prometheus may know of a process of Recommendations."""

from collections.abc import Callable, Iterable
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from recommendations.following.follower import Follower
from servicekit.clock import now
from servicekit.metrics.registry import Readings, gauge


def add_follower(registry: CollectorRegistry, follower: Follower, *, clock: Callable[[], datetime] = now) -> None:
    """Add the model and how up to date its process is; there are no values before there is a model."""

    def read() -> Iterable[Metric]:
        if not follower.ready:
            return
        age = (clock() - follower.model.trained_at).total_seconds()
        yield gauge("recommendations_model_age_seconds", "Time since the model in use was trained.", age)
        yield gauge(
            "recommendations_catalogue_age_seconds",
            "Time since the database was last read: older changes count in lists.",
            follower.age(),
        )

    registry.register(Readings(read))
