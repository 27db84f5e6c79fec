"""Serving the shop: waitress, the relay beside it, and an orderly end."""

import errno
import logging
import signal
import sys
from contextlib import ExitStack
from threading import Event, Thread
from types import FrameType

import click
from flask import Flask
from waitress.server import BaseWSGIServer, MultiSocketServer, create_server

from marketplace.app import connect, create_app
from marketplace.relay import Relay
from marketplace.settings import Settings
from marketplace.store import Store

GREATEST_BODY = 1024 * 1024
"""More is refused before it is taken in: waitress keeps a body on the disk until all of it is there, up to 1 GiB by
itself. What the shop itself refuses, with a page that says so, is less."""


class CannotServe(Exception):
    """The shop cannot be opened; the message says why and what to do."""


def serve_shop(settings: Settings, store: Store) -> None:
    """Serve until SIGTERM or SIGINT, then finish the pages under way.

    Raises CannotServe where the address is taken or not this machine's.
    """
    # A line for each page that waits for a thread would be most of the log of a busy shop.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    stop, wake = Event(), Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()
        # waitress finishes its requests only when it is left by SystemExit.
        sys.exit(0)

    with ExitStack() as stack:
        stack.callback(store.close)
        recommender = connect(settings)
        stack.callback(recommender.close)
        app = create_app(settings, recommender, store=store, wake=wake.set)
        server = listen(app, settings)
        stack.callback(server.close)
        if settings.relay:
            relay = Thread(target=Relay(store, recommender, wake=wake).run, args=(stop,), name="relay")
            stack.callback(relay.join)
            relay.start()
        stack.callback(stop.set)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        port = settings.port if isinstance(server, MultiSocketServer) else int(server.getsockname()[1])
        click.echo(f"Marketplace is open at {_address(settings.bind, port)}")
        server.run()


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
