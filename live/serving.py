"""Serves live: uvicorn with limits, and its end."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Iterator

import click
import uvicorn
from starlette.types import ASGIApp

from live.domain import MAX_NOTE_BYTES
from live.hub import Hub
from live.metrics import add_hub
from live.open_files import allow_open_files
from live.protocols import Deadlines, with_deadlines
from live.settings import Settings, signing_secret
from live.web import create_app
from servicekit.listening import cannot_listen, host_port
from servicekit.metrics.registry import create_registry
from servicekit.metrics.serving import serving_metrics
from servicekit.serving.memory import freeze_objects
from servicekit.serving.shutdown import WATCHDOG_SECONDS, stop_on_signal
from servicekit.tracing.export import exporting_traces

DRAIN_SECONDS = 5
"""How long connections may take to close once the server is told to stop."""

BACKLOG = 1024
SEND_BUFFER_BYTES = 16 * 1024
MAX_HEAD_BYTES = 16 * 1024
OTHER_FILES = 1800
"""Open files besides the connections of pages: those without a request, libraries, logs."""


class CannotServe(Exception):
    """Live cannot start; the message says why and what to do."""


class Server(uvicorn.Server):
    """uvicorn's server, which ends the connections of the hub first, and leaves signals alone."""

    def __init__(self, app: ASGIApp, hub: Hub, deadlines: Deadlines) -> None:
        http, websocket = with_deadlines(deadlines)
        super().__init__(
            uvicorn.Config(
                app,
                loop="asyncio",
                http=http,
                ws=websocket,
                ws_max_size=MAX_NOTE_BYTES,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                backlog=BACKLOG,
                # A ticket is in an address.
                access_log=False,
                proxy_headers=False,
                server_header=False,
                h11_max_incomplete_event_size=MAX_HEAD_BYTES,
                timeout_graceful_shutdown=DRAIN_SECONDS,
            )
        )
        self._hub = hub

    def stop(self) -> None:
        """End `serve` soon; may be called in another thread, or by a signal."""
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._hub.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then close all connections: their pages come back.

    Raises CannotServe if the address cannot be bound or the secret cannot be read, and AddressInUse for the metrics.
    """
    # Each malformed request would be a line.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    allow_open_files(settings.max_connections + OTHER_FILES)
    hub = Hub(settings.max_connections)
    app = create_app(hub, _secret(settings), settings.allowed_origins)
    server = Server(app, hub, Deadlines())
    registry = create_registry()
    add_hub(registry, hub)
    with (
        exporting_traces("live"),
        listening(settings) as listener,
        serving_metrics(registry, [settings.bind], settings.metrics_port, prefix="LIVE"),
    ):
        stop_on_signal(server.stop, seconds=DRAIN_SECONDS + WATCHDOG_SECONDS)
        freeze_objects()
        click.echo(f"Live listens on {host_port(settings.bind, listener.getsockname()[1])}")
        asyncio.run(server.serve(sockets=[listener]))


@contextlib.contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """The socket that it listens on. Raises CannotServe."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.bind, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        if os.name == "posix":  # elsewhere it would let two processes listen on one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Inherited by connections: the system would keep megabytes for a client that does not read.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        listener.bind(address)
        # Who was told the port may connect, even before uvicorn listens.
        listener.listen(BACKLOG)
    except OSError:
        raise CannotServe(cannot_listen(host_port(settings.bind, settings.port), "LIVE")) from None
    with listener:
        yield listener


def _secret(settings: Settings) -> str:
    try:
        return signing_secret(settings)
    except (OSError, ValueError) as error:
        file = settings.secrets_dir / "live"
        raise CannotServe(f"cannot read the secret in {file}: {error}; see LIVE_SECRET and SECRETS_DIR") from None
