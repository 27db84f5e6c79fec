"""What Prometheus may know of previews."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.metrics_core import Metric

from previews.domain import FAILURES, PictureRefused, StoreUnavailable
from previews.service import FETCHED
from servicekit.metrics.registry import DatabaseReadings

OUTCOMES = (FETCHED, *FAILURES, PictureRefused.__name__)


def add_fetches(registry: CollectorRegistry) -> Callable[[str], None]:
    """Add what sites have answered; returns what counts an outcome."""
    fetches = Counter(
        "previews_fetches",
        "Pages and pictures fetched from sites, by outcome: Fetched, or the cause as the log has it.",
        ("outcome",),
        registry=registry,
    )
    for outcome in OUTCOMES:  # otherwise the first one of a kind would not be an increase
        fetches.labels(outcome)
    return lambda outcome: fetches.labels(outcome).inc()


def add_database(registry: CollectorRegistry, check: Callable[[], None]) -> None:
    """Add whether the database answers; if not, `check` raises StoreUnavailable."""

    def read() -> Iterable[Metric]:
        check()
        return ()

    registry.register(DatabaseReadings(read, unavailable=StoreUnavailable))
