"""The running server: composed, started, followed and drained."""

import os
import signal
import threading

import click
import structlog

from recommendations.api import create_server
from recommendations.following import Follower
from recommendations.model import artifact
from recommendations.model.served import ServedModel
from recommendations.service import RecommendationService
from recommendations.settings import Settings
from recommendations.store import Store

NOTICE_SECONDS = 1.0
"""How long a server that is told to stop goes on, for clients to read in its health that it is leaving."""

_log = structlog.get_logger()


def serve(settings: Settings, store: Store) -> None:
    """Serve until SIGTERM or SIGINT, then finish the calls under way. Raises AddressInUse."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    follower = Follower(store, lambda version, books: ServedModel(artifact.load(settings.models / version), books))
    server = create_server(
        RecommendationService(store, follower),
        settings.address,
        threads=settings.threads,
        with_reflection=settings.reflection,
        log_requests=settings.log_requests,
        slow_call_ms=settings.slow_call_ms,
    )
    server.start()
    click.echo(f"Recommendations listens on {settings.host}:{server.port}")
    following = threading.Thread(
        target=follower.run, args=(stop, lambda: server.set_serving(serving=True)), name="following"
    )
    following.start()
    stop.wait()
    _log.info("draining")
    watchdog = _watchdog(NOTICE_SECONDS + settings.drain_seconds + 5)
    server.drain(notice=NOTICE_SECONDS, grace=settings.drain_seconds)
    following.join()
    watchdog.cancel()
    _log.info("stopped")


def _watchdog(seconds: float) -> threading.Timer:
    """Ends the process when a call that will not end keeps it alive; nothing acknowledged is in its hands."""

    def end() -> None:
        _log.error("stopped_by_watchdog")
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    return timer
