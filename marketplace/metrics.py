"""What Prometheus may know of the shop."""

from collections.abc import Callable, Iterable

from prometheus_client import Counter
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from marketplace.domain.errors import StoreUnavailable
from marketplace.domain.events import BUILT_IN, Destination
from marketplace.store import Store
from marketplace.usecases.shelves.page_shelves import Answer
from servicekit.clock import now
from servicekit.metrics.pages import PageMetrics, add_server
from servicekit.metrics.registry import DatabaseReadings, Readings, create_registry, gauge
from servicekit.serving.http_server import HttpServer

OTHERS = "events"
"""All destinations that settings or moderators have added: they are few, but their number is not ours."""

_CLOSED = "closed"


class ShopMetrics:
    """The metrics of one process of the shop, or of its relay."""

    def __init__(self) -> None:
        self.registry = create_registry()

    def add_store(self, store: Store) -> None:
        """Add the outbox, which is the same whichever process is asked."""
        self.registry.register(DatabaseReadings(lambda: _outbox(store), unavailable=StoreUnavailable))

    def add_breaker(self, state: Callable[[], str]) -> None:
        """Add the circuit breaker of Recommendations, whose state a function returns."""

        def read() -> Iterable[Metric]:
            documentation = "Whether pages do without Recommendations, because it keeps failing: 0 or 1."
            yield gauge("shop_recommendations_breaker_open", documentation, state() != _CLOSED)

        self.registry.register(Readings(read))

    def add_pages(self) -> PageMetrics:
        """Add the pages."""
        return PageMetrics(self.registry)

    def add_server(self, server: HttpServer) -> None:
        """Add the threads that serve pages."""
        add_server(self.registry, server)

    def add_answers(self) -> Callable[[Answer], None]:
        """Add what readers' pages got of Recommendations; returns what counts one."""
        answers = Counter(
            "shop_recommendation_answers",
            "Home and category pages of readers with a history here, by where their books are from: personal "
            "(of the reader's history), general (popular or new ones), last_good (their last lists, because "
            "Recommendations failed) or best_sellers (the shop's own, likewise).",
            ("answer",),
            registry=self.registry,
        )
        # Otherwise the first one of a kind would not be an increase.
        by_kind = {answer: answers.labels(answer.value) for answer in Answer}
        return lambda answer: by_kind[answer].inc()


def _outbox(store: Store) -> Iterable[Metric]:
    with store.read() as work:
        lengths = work.outbox.lengths()
    waiting = GaugeMetricFamily(
        "shop_outbox_waiting", "Messages that wait for delivery, by destination.", labels=["destination"]
    )
    oldest = GaugeMetricFamily(
        "shop_outbox_oldest_age_seconds", "Age of the oldest of them, 0 without any.", labels=["destination"]
    )
    failed = GaugeMetricFamily(
        "shop_failed_deliveries", "Messages that a destination refused, by destination.", labels=["destination"]
    )
    moment = now()
    built_in = {destination: [length] for destination, length in lengths.items() if destination in BUILT_IN}
    others = [length for destination, length in lengths.items() if destination not in BUILT_IN]
    for destination, together in {**built_in, Destination(OTHERS): others}.items():
        ages = [(moment - length.oldest).total_seconds() for length in together if length.oldest]
        waiting.add_metric([destination.value], sum(length.waiting for length in together))
        oldest.add_metric([destination.value], max(0.0, *ages, 0.0))
        failed.add_metric([destination.value], sum(length.failed for length in together))
    return waiting, oldest, failed
