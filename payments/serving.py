"""Serves the demo provider: waitress, the thread for callbacks, and shutdown."""

from contextlib import ExitStack, closing
from functools import partial
from threading import Event

import click
import structlog

from payments.caller import HttpShop, is_below, run
from payments.service import Provider
from payments.settings import Settings
from payments.store import Store
from payments.web import MAX_BODY_BYTES, create_app
from servicekit.data_folder import check_data_folder, mark_data_folder
from servicekit.listening import cannot_listen, host_port
from servicekit.serving.http_server import HttpServer
from servicekit.serving.limits import DRAIN_SECONDS, Limits
from servicekit.serving.shutdown import WATCHDOG_SECONDS, stop_on_signal
from servicekit.serving.watched_thread import WatchedThread

log = structlog.get_logger()

THREADS = 4


class CannotServe(Exception):
    """The provider cannot start; the message says why and what to do."""


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then answer the requests that have been sent.

    Raises CannotServe if the address is in use or not one of this machine.
    """
    stop = Event()

    with ExitStack() as stack:
        check_data_folder(settings.data_dir, settings.database, settings="PAYMENTS_DATA_DIR")
        store = stack.enter_context(closing(Store(settings.database)))
        mark_data_folder(settings.data_dir, settings.database)
        shop = stack.enter_context(closing(HttpShop()))
        provider = Provider(
            store,
            shop,
            seconds=settings.seconds,
            declines=settings.declines,
            is_shop=partial(is_below, base=settings.shop_url),
        )
        caller = WatchedThread(partial(run, provider, stop), name="caller", stop=stop)
        server = _listen(settings, provider, caller)
        stack.callback(server.close)
        stack.callback(caller.join)
        caller.start()
        stack.callback(stop.set)
        stop_on_signal(server.stop, seconds=DRAIN_SECONDS + WATCHDOG_SECONDS)
        log.warning("demo_provider_started", note="THIS IS A DEMO: IT TAKES NO MONEY and decides payments at random")
        click.echo(f"Payments (demo) listens on {host_port(settings.bind, server.port)}")
        server.run()


def _listen(settings: Settings, provider: Provider, caller: WatchedThread) -> HttpServer:
    try:
        return HttpServer(
            create_app(provider, is_ready=lambda: not caller.has_failed),
            host=settings.bind,
            port=settings.port,
            threads=THREADS,
            limits=Limits(body_bytes=lambda _path: MAX_BODY_BYTES),
        )
    except (OSError, ValueError):
        raise CannotServe(cannot_listen(host_port(settings.bind, settings.port), "PAYMENTS")) from None
