"""Builds, runs and drains the server, in one process or in several workers."""

import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial

import click
import structlog

from recommendations.api.server import create_server
from recommendations.following.follower import Follower
from recommendations.following.notifications import Notifications, SharedNotifications
from recommendations.following.tokens import TokenFollower
from recommendations.metrics import add_follower
from recommendations.model.published_models import PublishedModels
from recommendations.service import RecommendationService
from recommendations.settings import Settings
from recommendations.store import Store
from recommendations.workers.shared_port import reserved_port
from recommendations.workers.supervisor import Supervisor
from servicekit.database.engine import open_engine
from servicekit.errors import AddressInUse
from servicekit.grpc.server import Server
from servicekit.grpc.tls import check_files
from servicekit.listening import LOOPBACK, cannot_answer_health, host_port
from servicekit.metrics.calls import CallMetrics
from servicekit.metrics.registry import create_registry
from servicekit.metrics.serving import serving_metrics
from servicekit.serving.memory import freeze_objects
from servicekit.serving.shutdown import WATCHDOG_SECONDS, start_watchdog
from servicekit.serving.watched_thread import WatchedThread
from servicekit.tracing.export import exporting_traces

DRAIN_NOTICE_SECONDS = 1.0
"""How long a stopping server still accepts calls, so that clients see first that its health is NOT_SERVING."""

STALENESS_CHECK_SECONDS = 0.5

FOLLOWER_STATEMENT_SECONDS = 10.0
"""How long the follower waits for PostgreSQL: longer than calls do, since no client waits for it."""

_log = structlog.get_logger()


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then finish the calls in progress.

    Raises AddressInUse, CertificateUnusable, and ChildProcessError if a worker does not start or does not end.
    """
    if settings.accepts_strangers:
        _log.warning("callers_not_authenticated", bind=settings.bind)
    if settings.tls is not None:
        check_files(settings.tls)
    if settings.workers > 1:
        _serve_with_workers(settings)
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    _serve(
        settings,
        stop,
        partial(_print_address, settings),
        port=settings.port,
        health_port=settings.health_port,
    )


def create_follower(settings: Settings, store: Store, notifications: Notifications | None = None) -> Follower:
    return Follower(
        store, PublishedModels(settings.models, diversity=settings.diversity), notifications=notifications
    )


def _serve_with_workers(settings: Settings) -> None:
    notifications = SharedNotifications(settings.workers)
    with (
        reserved_port(settings.hosts, settings.port) as (port, sockets),
        _reserved_health_port(settings) as (health_port, health_sockets),
    ):

        def work(number: int, stop: threading.Event, on_listening: Callable[[], None]) -> None:
            _serve(
                settings,
                stop,
                lambda _port: on_listening(),
                port=port,
                health_port=health_port,
                notifications=notifications.of(number),
                number=number,
            )

        supervisor = Supervisor(
            settings.workers,
            work,
            end_seconds=_watchdog_seconds(settings) + WATCHDOG_SECONDS,
            closed_in_workers=[*sockets, *health_sockets],
        )
        supervisor.run(lambda: _print_address(settings, port))


def _serve(
    settings: Settings,
    stop: threading.Event,
    on_listening: Callable[[int], None],
    *,
    port: int,
    health_port: int,
    notifications: Notifications | None = None,
    number: int = 0,
) -> None:
    """Serve in this process until `stop` is set; with `notifications`, as worker `number` of several on that port."""
    registry = create_registry()
    with (
        exporting_traces("recommendations"),
        # Each worker has a port of its own: a scrape of a shared one would meet any of them.
        serving_metrics(registry, settings.hosts, settings.metrics_port_of(number), prefix="RECOMMENDATIONS"),
        _open_store(settings, settings.database_timeout_seconds) as store,
        # The follower has its own connections: those of the calls must be free for calls, and time out sooner.
        _open_store(settings, FOLLOWER_STATEMENT_SECONDS) as follower_store,
    ):
        follower = create_follower(settings, follower_store, notifications)
        # Clients that connect while other workers or servers answer must not meet one without a model.
        _first_step(follower)
        tokens = TokenFollower(follower_store) if settings.require_tokens else None
        if tokens is not None:
            tokens.step()
        add_follower(registry, follower)
        server = create_server(
            RecommendationService(store, follower),
            settings.hosts,
            port,
            tokens=tokens,
            tls=settings.tls,
            health_port=health_port,
            threads=settings.threads,
            with_reflection=settings.reflection,
            log_requests=settings.log_requests,
            slow_call_ms=settings.slow_call_ms,
            share_port=notifications is not None,
            call_seconds=settings.database_timeout_seconds,
            metrics=None if settings.metrics_port is None else CallMetrics(registry),
        )
        server.start()
        on_listening(server.port)
        threads = [WatchedThread(partial(_follow, follower, server, stop), name="following", stop=stop)]
        if tokens is not None:
            threads.append(WatchedThread(partial(tokens.run, stop), name="tokens", stop=stop))
        for thread in threads:
            thread.start()
        try:
            _report_staleness(follower, server, stop, stale_seconds=settings.stale_seconds)
        finally:
            stop.set()  # these threads must not keep a process alive that has failed
        _log.info("draining")
        watchdog = start_watchdog(_watchdog_seconds(settings))
        server.drain(notice=DRAIN_NOTICE_SECONDS, grace=settings.drain_seconds)
        for thread in threads:
            thread.join()
        watchdog.cancel()
    _log.info("stopped")


@contextmanager
def _reserved_health_port(settings: Settings) -> Iterator[tuple[int, Sequence[socket.socket]]]:
    """The port of health for all workers, if the server speaks TLS."""
    if settings.tls is None:
        yield settings.health_port, ()
        return
    try:
        with reserved_port([LOOPBACK], settings.health_port) as reserved:
            yield reserved
    except AddressInUse:
        raise AddressInUse(cannot_answer_health(settings.health_port, "RECOMMENDATIONS")) from None


@contextmanager
def _open_store(settings: Settings, statement_seconds: float) -> Iterator[Store]:
    engine = open_engine(settings.database, timeouts=settings.timeouts(statement_seconds), pool_size=settings.threads)
    with closing(Store(engine)) as store:
        yield store


def _follow(follower: Follower, server: Server, stop: threading.Event) -> None:
    def on_ready() -> None:
        freeze_objects()
        server.set_database_serving(serving=True)
        server.set_serving(serving=True)

    try:
        _first_step(follower)
        follower.run(stop, on_ready)
    finally:
        if not stop.is_set():  # it failed, and will start again
            server.set_serving(serving=False)


def _report_staleness(follower: Follower, server: Server, stop: threading.Event, *, stale_seconds: float) -> None:
    """Keep the database's health up to date until `stop` is set.

    It does not run in the following thread, which may be waiting for that database. The service itself stays SERVING:
    outdated answers are better than none, and other replicas would have the same database.
    """
    was_stale = False
    while not stop.wait(STALENESS_CHECK_SECONDS):
        stale = follower.ready and follower.age() > stale_seconds
        if stale != was_stale:
            server.set_database_serving(serving=not stale)
            _log.log(logging.ERROR if stale else logging.INFO, "answers_stale" if stale else "answers_up_to_date")
            was_stale = stale


def _print_address(settings: Settings, port: int) -> None:
    click.echo(f"Recommendations listens on {', '.join(host_port(host, port) for host in settings.hosts)}")


def _first_step(follower: Follower) -> None:
    """Load everything without garbage collection: it would take a fifth of the time and free hardly anything."""
    gc.disable()
    try:
        follower.step()
    finally:
        gc.enable()


def _watchdog_seconds(settings: Settings) -> float:
    return DRAIN_NOTICE_SECONDS + settings.drain_seconds + WATCHDOG_SECONDS
