"""A running live for tests: in a thread of its own, whose event loop is not the test's."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
import urllib3
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from events import signature
from events.envelope import CONTENT_TYPE, Event, encode
from events.tickets import Side, Ticket, Tickets
from events.types import EventData
from live.hub import Hub
from live.protocols import Deadlines
from live.serving import Server, listening
from live.settings import Settings
from live.web import GRACE, PING_SECONDS, create_app
from servicekit.clock import now
from tests.e2e.processes import await_that

SECRET = signature.new_secret()
SHOP = "http://shop.example"
ORDER_ID = "7K3M-9QXD-2TB4"
ORDER, CONVERSATION = f"orders/{ORDER_ID}", f"conversations/{ORDER_ID}"
SECONDS = 10.0


def ticket(*topics: str, side: Side = "reader", holder: int = 7, seconds: float = 60, secret: str = SECRET) -> str:
    """A ticket of the shop."""
    until = now() + timedelta(seconds=seconds)
    return Tickets(secret).write(Ticket(topics=topics or (ORDER,), side=side, holder=holder, until=until))


@dataclass(frozen=True)
class Running:
    """A running live."""

    port: int
    hub: Hub
    server: Server
    loop: asyncio.AbstractEventLoop

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def open(self, signed: str, *, origin: str | None = SHOP) -> ClientConnection:
        """A WebSocket; raises InvalidStatus if it is refused."""
        return connect(
            f"ws://127.0.0.1:{self.port}/live",
            origin=None if origin is None else Origin(origin),
            subprotocols=[Subprotocol("live"), Subprotocol(signed)],
            compression=None,
            open_timeout=SECONDS,
            close_timeout=SECONDS,
            proxy=None,
        )

    def post(
        self,
        data: EventData,
        *,
        sequence: int | None = 17,
        secret: str = SECRET,
        traceparent: str | None = None,
    ) -> int:
        """Send an event as the shop does; returns the status."""
        body = encode(Event("e-1", SHOP, now(), data, sequence, traceparent))
        headers = {"Content-Type": CONTENT_TYPE, **signature.signed_headers(secret, "e-1", now(), body)}
        return urllib3.request("POST", f"{self.url}/events", body=body, headers=headers, retries=False).status

    def await_connections(self, number: int) -> None:
        """Wait until the hub has this many."""
        await_that(lambda: len(self.hub) == number, show=lambda: str(len(self.hub)))


def closing_code(socket: ClientConnection) -> int:
    """The code with which the server closes a WebSocket that hears nothing else."""
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(SECONDS)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


@contextmanager
def running(
    *,
    max_connections: int = 2000,
    max_of_holder: int = 20,
    grace: timedelta = GRACE,
    ping_seconds: float = PING_SECONDS,
    deadlines: Deadlines | None = None,
    origin: str = SHOP,
    port: int = 0,
) -> Iterator[Running]:
    """Live, which is stopped at the end of the block."""
    hub = Hub(max_connections, max_of_holder=max_of_holder)
    app = create_app(hub, SECRET, frozenset({origin}), grace=grace, ping_seconds=ping_seconds)
    server = Server(app, hub, deadlines or Deadlines())
    with listening(Settings(port=port)) as listener:
        port = listener.getsockname()[1]
        loop = asyncio.new_event_loop()
        serving = server.serve(sockets=[listener])
        thread = threading.Thread(target=lambda: loop.run_until_complete(serving))
        thread.start()
        try:
            yield Running(port, hub, server, loop)
        finally:
            server.stop()
            thread.join()
            loop.close()
