"""Runs the shop: waitress, the relays beside it, and a clean shutdown."""

import logging
import signal
import sys
from contextlib import ExitStack
from types import FrameType

import click
from flask import Flask
from waitress.server import BaseWSGIServer, MultiSocketServer, create_server

from marketplace.app import connect, connect_provider, create_app, payments_of
from marketplace.gateways.payment_provider import HttpPaymentProvider
from marketplace.gateways.recommender import GrpcRecommender
from marketplace.relay import Relays
from marketplace.settings import Settings
from marketplace.store import Store, open_store
from marketplace.usecases.catalogue.uploads import MAX_UPLOAD_BYTES
from servicekit.listening import cannot_listen, host_port, local_host

MAX_BODY_BYTES = MAX_UPLOAD_BYTES + 1024 * 1024
"""waitress refuses a larger body unread; its default would buffer up to 1 GiB on disk. The shop itself has lower
limits, with a page that explains them."""
MAX_HEADER_BYTES = 16 * 1024
"""Of all headers of a request. Python keeps the last 128 addresses that it parsed; waitress's default is 256 kB."""
MAX_CONNECTIONS = 800
"""A browser keeps up to six idle connections open, so twenty visitors would use up waitress's default of 100. Many
systems allow a process 1,024 open files."""
IDLE_SECONDS = 20
"""An idle connection is closed after this time."""
CONNECTION_WAIT_SECONDS = 0.25
"""How long a page waits for a free connection of the database pool."""


class CannotServe(Exception):
    """The shop cannot start; the message says why and what to do."""


def serve_shop(settings: Settings, store: Store) -> None:
    """Serve until SIGTERM or SIGINT, then finish the requests in progress.

    Raises CannotServe if the address cannot be bound.
    """
    # waitress logs each request that waits for a thread, which would fill the log of a busy shop.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)

    def end(_signal: int, _frame: FrameType | None) -> None:
        # waitress finishes its requests only on SystemExit.
        sys.exit(0)

    timeouts = settings.timeouts(settings.database_timeout_seconds)
    with ExitStack() as stack:
        stack.callback(store.close)
        # Half the threads: if the database hangs, the others still serve what does not need it.
        pages = open_store(
            settings.database,
            timeouts=timeouts,
            pool_size=max(1, settings.threads // 2),
            pool_timeout=CONNECTION_WAIT_SECONDS,
        )
        stack.callback(pages.close)
        relaying = open_store(settings.database, timeouts=timeouts)
        stack.callback(relaying.close)
        recommender = connect(settings)
        stack.callback(recommender.close)

        def wake() -> None:
            # The relays are made after the app: they need its port for the payment provider's callbacks.
            relays.wake()

        app = create_app(settings, recommender, store=pages, wake=wake)
        server = listen(app, settings)
        stack.callback(server.close)
        port = settings.port if isinstance(server, MultiSocketServer) else int(server.getsockname()[1])
        provider = connect_provider(settings, port)
        stack.callback(provider.close)
        relays = create_relays(settings, relaying, recommender, provider)
        if settings.relay:
            stack.enter_context(relays)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        click.echo(f"Marketplace is open at http://{host_port(local_host(settings.bind), port)}")
        server.run()


def create_relays(
    settings: Settings, store: Store, recommender: GrpcRecommender, provider: HttpPaymentProvider
) -> Relays:
    """The relays, which deliver the shop's events and request overdue payments again."""
    return Relays(store, recommender, provider, every_minute=payments_of(settings, store).request_overdue)


def listen(app: Flask, settings: Settings) -> BaseWSGIServer | MultiSocketServer:
    """A server for `app`, bound to its address but not yet running.

    Raises CannotServe if the address cannot be bound.
    """
    try:
        return create_server(
            app,
            host=settings.bind,
            port=settings.port,
            threads=settings.threads,
            ident=None,
            max_request_body_size=MAX_BODY_BYTES,
            max_request_header_size=MAX_HEADER_BYTES,
            connection_limit=MAX_CONNECTIONS,
            channel_timeout=IDLE_SECONDS,
            cleanup_interval=IDLE_SECONDS // 2,
            # The default, select, fails for file descriptors above 1,024.
            asyncore_use_poll=True,
            # ProxyFix reads these headers; waitress would drop them.
            clear_untrusted_proxy_headers=settings.proxies == 0,
        )
    except (OSError, ValueError):
        raise CannotServe(cannot_listen(host_port(settings.bind, settings.port), "MARKETPLACE")) from None
