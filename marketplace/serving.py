"""Serving the shop: waitress, the relays beside it, and an orderly end."""

import errno
import logging
import signal
import sys
from contextlib import ExitStack
from types import FrameType

import click
from flask import Flask
from waitress.server import BaseWSGIServer, MultiSocketServer, create_server

from marketplace.app import connect, connect_provider, create_app, payments_of
from marketplace.gateways.payment_provider import HttpProvider
from marketplace.gateways.recommender import GrpcRecommender
from marketplace.relay import Relays
from marketplace.settings import Settings
from marketplace.store import Store, open_store
from marketplace.usecases.catalogue.uploads import GREATEST_UPLOAD

GREATEST_BODY = GREATEST_UPLOAD + 1024 * 1024
"""More is refused before it is taken in: waitress keeps a body on the disk until all of it is there, up to 1 GiB by
itself. What the shop itself refuses, with a page that says so, is less: a moderator's file, and far less for all
others."""
MOST_CONNECTIONS = 800
"""Browsers keep theirs open, six each, though nothing goes over them: twenty visitors would have all of the hundred
that waitress takes by itself. A process may often have 1,024 files."""
IDLE_SECONDS = 20
"""After so long a connection over which nothing goes is closed."""

CONNECTION_WAIT_SECONDS = 0.25
"""How long a page waits for a connection to the database that no other page is using."""


class CannotServe(Exception):
    """The shop cannot be opened; the message says why and what to do."""


def serve_shop(settings: Settings, store: Store) -> None:
    """Serve until SIGTERM or SIGINT, then finish the pages under way.

    Raises CannotServe where the address is taken or not this machine's.
    """
    # A line for each page that waits for a thread would be most of the log of a busy shop.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)

    def end(_signal: int, _frame: FrameType | None) -> None:
        # waitress finishes its requests only when it is left by SystemExit.
        sys.exit(0)

    timeouts = settings.timeouts(settings.database_timeout_seconds)
    with ExitStack() as stack:
        stack.callback(store.close)
        # Half the threads: a database that hangs leaves the others to what does not need it.
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
            # They come after the app: they need its port, by which the payment provider calls back.
            relays.wake()

        app = create_app(settings, recommender, store=pages, wake=wake)
        server = listen(app, settings)
        stack.callback(server.close)
        port = settings.port if isinstance(server, MultiSocketServer) else int(server.getsockname()[1])
        provider = connect_provider(settings, port)
        stack.callback(provider.close)
        relays = relays_of(settings, relaying, recommender, provider)
        if settings.relay:
            stack.enter_context(relays)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        click.echo(f"Marketplace is open at {_address(settings.bind, port)}")
        server.run()


def relays_of(settings: Settings, store: Store, recommender: GrpcRecommender, provider: HttpProvider) -> Relays:
    """What delivers the shop's events, and asks again for payments of which nothing is heard."""
    return Relays(store, recommender, provider, every_minute=payments_of(settings, store).ask_overdue)


def listen(app: Flask, settings: Settings) -> BaseWSGIServer | MultiSocketServer:
    """The server of `app`; it listens, and answers once it is run.

    Raises CannotServe where the address is taken or not this machine's.
    """
    try:
        return create_server(
            app,
            host=settings.bind,
            port=settings.port,
            threads=settings.threads,
            ident=None,
            max_request_body_size=GREATEST_BODY,
            connection_limit=MOST_CONNECTIONS,
            channel_timeout=IDLE_SECONDS,
            cleanup_interval=IDLE_SECONDS // 2,
            # Otherwise it uses select, which breaks at a file whose number is above 1,024.
            asyncore_use_poll=True,
            # waitress takes the headers of proxies away unless it is to read them itself; create_app reads them.
            clear_untrusted_proxy_headers=settings.proxies == 0,
        )
    except (OSError, ValueError) as error:
        raise CannotServe(_why(settings, error)) from None


def _address(bind: str, port: int) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104  (compared, not bound)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _why(settings: Settings, error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"port {settings.port} on {settings.bind} is in use; stop what uses it or set MARKETPLACE_PORT"
    return f"cannot listen on {settings.bind} port {settings.port}: {error}; see MARKETPLACE_BIND"
