"""Builds, runs and drains the server."""

import signal
from contextlib import closing
from functools import partial
from threading import Event

import click
import structlog

from previews.api.server import create_server
from previews.domain import StoreUnavailable
from previews.fetching.fetcher import SECONDS, Fetcher
from previews.metrics import add_database, add_fetches
from previews.service import PreviewService
from previews.settings import Settings
from previews.store import Store, open_store
from servicekit.grpc.server import Server
from servicekit.listening import host_port
from servicekit.metrics.calls import CallMetrics
from servicekit.metrics.registry import create_registry
from servicekit.metrics.serving import serving_metrics
from servicekit.serving.shutdown import WATCHDOG_SECONDS, start_watchdog
from servicekit.serving.watched_thread import WatchedThread
from servicekit.tracing.export import exporting_traces

DRAIN_NOTICE_SECONDS = 1.0
"""How long a stopping server still accepts calls, so that clients see first that its health is NOT_SERVING."""

CALL_SECONDS = 3 * SECONDS
"""How long a call may take: two others may be before it at its host."""

CHECK_SECONDS = 1.0
PRUNE_SECONDS = 3600.0

_log = structlog.get_logger()


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then finish the calls in progress.

    Raises AddressInUse and CertificateUnusable.
    """
    if settings.accepts_strangers:
        _log.warning("callers_not_authenticated", bind=settings.bind)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    registry = create_registry()
    with (
        exporting_traces("previews"),
        serving_metrics(registry, settings.hosts, settings.metrics_port, prefix="PREVIEWS"),
        closing(_open(settings)) as store,
    ):
        service = PreviewService(store, Fetcher(user_agent=settings.user_agent), count=add_fetches(registry))
        add_database(registry, store.check)
        server = create_server(
            service,
            settings.hosts,
            settings.port,
            tls=settings.tls,
            health_port=settings.health_port,
            threads=settings.threads,
            call_seconds=CALL_SECONDS,
            with_reflection=settings.reflection,
            log_requests=settings.log_requests,
            slow_call_ms=settings.slow_call_ms,
            metrics=None if settings.metrics_port is None else CallMetrics(registry),
        )
        server.start()
        pruning = WatchedThread(partial(_prune, service, stop), name="pruning", stop=stop)
        pruning.start()
        addresses = ", ".join(host_port(host, server.port) for host in settings.hosts)
        click.echo(f"Previews listens on {addresses}")
        try:
            _report_health(store, server, stop)
        finally:
            stop.set()  # the thread must not keep a process alive that has failed
        _log.info("draining")
        watchdog = start_watchdog(DRAIN_NOTICE_SECONDS + settings.drain_seconds + WATCHDOG_SECONDS)
        server.drain(notice=DRAIN_NOTICE_SECONDS, grace=settings.drain_seconds)
        pruning.join()
        watchdog.cancel()
    _log.info("stopped")


def _open(settings: Settings) -> Store:
    timeouts = settings.timeouts(settings.database_timeout_seconds)
    return open_store(settings.database, timeouts=timeouts, pool_size=settings.threads + 2)


def _report_health(store: Store, server: Server, stop: Event) -> None:
    """Keep the health up to date until `stop` is set: without its database the service answers nothing."""
    was_serving = False
    while not stop.is_set():
        try:
            store.check()
            serving = True
        except StoreUnavailable:
            serving = False
        if serving != was_serving:
            server.set_database_serving(serving=serving)
            server.set_serving(serving=serving)
            was_serving = serving
            if not serving:
                _log.error("database_unavailable")
        stop.wait(CHECK_SECONDS)


def _prune(service: PreviewService, stop: Event) -> None:
    while not stop.is_set():
        service.prune()
        stop.wait(PRUNE_SECONDS)
