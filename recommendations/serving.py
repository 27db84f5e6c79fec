"""The running server: composed, started, followed and drained, in one process or in several."""

import gc
import os
import signal
import threading
from collections.abc import Callable
from functools import partial

import click
import structlog

from recommendations.api.server import create_server
from recommendations.following.changes import Changes, SharedChanges, Unshared
from recommendations.following.follower import Follower
from recommendations.model.folder import ModelFolder
from recommendations.service import RecommendationService
from recommendations.settings import Settings
from recommendations.store import Store
from recommendations.workers.shared_port import reserved_port
from recommendations.workers.supervisor import Crew

NOTICE_SECONDS = 1.0
"""How long a server that is told to stop goes on, for clients to read in its health that it is leaving."""

WATCHDOG_SECONDS = 5.0
"""After this a process is ended that should have come to its end."""

_log = structlog.get_logger()


def serve(settings: Settings, store: Store) -> None:
    """Serve until SIGTERM or SIGINT, then finish the calls under way.

    Raises AddressInUse, and ChildProcessError where a worker does not start or does not end.
    """
    if settings.workers > 1:
        _serve_by_workers(settings, store)
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    _serve(settings, store, stop, partial(_say, settings), port=settings.port)


def follower_of(settings: Settings, store: Store, changes: Changes) -> Follower:
    """What keeps the model at work in step with the store, as the settings have it."""
    return Follower(store, ModelFolder(settings.models, diversity=settings.diversity), changes=changes)


def _serve_by_workers(settings: Settings, store: Store) -> None:
    # No connection may be in two processes; each opens its own.
    store.close()
    changes = SharedChanges(settings.workers)
    with reserved_port(settings.bind, settings.port) as (port, kept):

        def work(number: int, stop: threading.Event, listens: Callable[[], None]) -> None:
            try:
                _serve(settings, store, stop, lambda _port: listens(), port=port, changes=changes.of(number))
            finally:
                store.close()

        end_seconds = _watchdog_seconds(settings) + WATCHDOG_SECONDS
        crew = Crew(settings.workers, work, end_seconds=end_seconds, closed_in_workers=kept)
        crew.run(lambda: _say(settings, port))


def _serve(
    settings: Settings,
    store: Store,
    stop: threading.Event,
    on_listening: Callable[[int], None],
    *,
    port: int,
    changes: Changes | None = None,
) -> None:
    """Serve in this process until `stop` is set; with `changes`, as one of several workers on that port."""
    follower = follower_of(settings, store, changes or Unshared())
    if changes is not None:
        # What connects while others serve must not meet a worker that has no model yet.
        _begin(follower)
    server = create_server(
        RecommendationService(store, follower),
        f"{settings.host}:{port}",
        threads=settings.threads,
        with_reflection=settings.reflection,
        log_requests=settings.log_requests,
        slow_call_ms=settings.slow_call_ms,
        share_port=changes is not None,
    )
    server.start()
    on_listening(server.port)

    def ready() -> None:
        # The catalogue has come to stay. Left to the garbage collector, it would be looked through again and again,
        # and no call makes a step meanwhile: 60 ms for 25,000 books.
        gc.collect()
        gc.freeze()
        server.set_serving(serving=True)

    def follow() -> None:
        _begin(follower)
        follower.run(stop, ready)

    following = threading.Thread(target=follow, name="following")
    following.start()
    stop.wait()
    _log.info("draining")
    watchdog = _watchdog(_watchdog_seconds(settings))
    server.drain(notice=NOTICE_SECONDS, grace=settings.drain_seconds)
    following.join()
    watchdog.cancel()
    _log.info("stopped")


def _say(settings: Settings, port: int) -> None:
    click.echo(f"Recommendations listens on {settings.host}:{port}")


def _begin(follower: Follower) -> None:
    """The first step, which takes up all there is: hardly any is garbage, and to look for some takes a fifth."""
    gc.disable()
    try:
        follower.step()
    finally:
        gc.enable()


def _watchdog_seconds(settings: Settings) -> float:
    return NOTICE_SECONDS + settings.drain_seconds + WATCHDOG_SECONDS


def _watchdog(seconds: float) -> threading.Timer:
    """Ends the process when a call that will not end keeps it alive; nothing acknowledged is in its hands."""

    def end() -> None:
        _log.error("stopped_by_watchdog")
        os._exit(1)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    return timer
