"""Measures the pages of a Flask application."""

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.metrics_core import Metric

from servicekit.metrics.registry import BUCKETS, Readings, counter, gauge
from servicekit.serving.http_server import HttpServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

UNKNOWN = "unknown"
"""The page of requests that no route matches: clients choose such paths."""

_TOO_MANY_REQUESTS = "429"


class PageMetrics:
    """The rate, errors and duration of pages, by route."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "http_requests",
            "Requests by the route of the page, and status: its class, or 429 for those refused as too many.",
            ("page", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "How long pages took, by route.",
            ("page",),
            buckets=BUCKETS,
            registry=registry,
        )

    def measured(self, app: "WSGIApplication") -> "WSGIApplication":
        """A WSGI application of Flask that measures its pages, from the first line of a request to the answer."""

        def measured(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            started = perf_counter()
            page, answered = UNKNOWN, "500"

            def note_status(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
                nonlocal page, answered
                # Flask leaves its request there until the end of the answer.
                rule = getattr(environ.get("werkzeug.request"), "url_rule", None)
                page, answered = UNKNOWN if rule is None else rule.rule, status
                return start_response(status, headers, *error)

            try:
                return app(environ, note_status)
            finally:
                self.observe(page, answered, perf_counter() - started)

        return measured

    def observe(self, page: str, status: str, seconds: float) -> None:
        """Count a page; `status` begins with the three digits."""
        is_too_many = status.startswith(_TOO_MANY_REQUESTS)
        self._requests.labels(page, _TOO_MANY_REQUESTS if is_too_many else f"{status[0]}xx").inc()
        self._seconds.labels(page).observe(seconds)


def add_server(registry: CollectorRegistry, server: HttpServer) -> None:
    """Add the threads and the lines of an HTTP server."""

    def read() -> Iterable[Metric]:
        load = server.load
        yield gauge("http_threads", "Threads that serve pages.", load.threads)
        yield gauge("http_threads_busy", "Of them, those that do.", load.busy)
        yield gauge("http_requests_waiting", "Requests that wait for a thread.", load.waiting)
        yield counter(
            "http_connections_made_way", "Connections closed for others: see `connections_made_way`.", load.made_way
        )

    registry.register(Readings(read))
