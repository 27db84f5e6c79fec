"""Serves a registry at `/metrics`."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CollectorRegistry, make_wsgi_app

from servicekit.errors import AddressInUse
from servicekit.listening import LOOPBACK, cannot_serve_metrics, host_port, is_unix
from servicekit.serving.http_server import HttpServer
from servicekit.serving.limits import Limits
from servicekit.serving.watched_thread import WatchedThread

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/metrics"
THREADS = 1
"""Scrapes wait for each other: however many there are, they take no more than one thread and one connection."""

LIMITS = Limits(
    body_bytes=lambda _path: 0,
    connections=16,
    # A Prometheus keeps its connection open between two scrapes.
    idle_seconds=120.0,
    drain_seconds=1.0,
    notice_seconds=0.1,
)

_log = structlog.get_logger()


@contextmanager
def serving_metrics(
    registry: CollectorRegistry, hosts: Sequence[str], port: int | None, *, prefix: str
) -> Iterator[int | None]:
    """Serve the registry in a thread of its own during the block, on the first of `hosts` that has ports.

    Yields the port, which the system chooses for 0; for None nothing is served. Raises AddressInUse, which names the
    settings with that `prefix`.
    """
    if port is None:
        yield None
        return
    host = next((host for host in hosts if not is_unix(host)), LOOPBACK)
    try:
        server = HttpServer(only_metrics(registry), host=host, port=port, threads=THREADS, limits=LIMITS)
    except (OSError, ValueError):
        raise AddressInUse(cannot_serve_metrics(host_port(host, port), prefix)) from None
    # It logs each scrape that waits for another.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    stop = Event()
    thread = WatchedThread(server.run, name="metrics", stop=stop)
    thread.start()
    _log.info("metrics_served", address=host_port(host, server.port))
    try:
        yield server.port
    finally:
        stop.set()
        server.stop()
        thread.join()
        server.close()


def only_metrics(registry: CollectorRegistry) -> "WSGIApplication":
    """An application that has the metrics at PATH, and nothing else."""
    metrics = make_wsgi_app(registry)

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] == PATH:
            body: Iterable[bytes] = metrics(environ, start_response)
            return body
        start_response("404 Not Found", [("Content-Type", "text/plain"), ("Content-Length", "0")])
        return []

    return app
