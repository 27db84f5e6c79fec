"""uvicorn's protocols with limits: how long a client may be silent in a request, or leave what it is sent."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

HEAD_SECONDS = 10.0
"""From the beginning of a connection, or of a further request, to the end of its headers."""

WRITE_SECONDS = 10.0
"""How long a client may not take what it is sent."""

MAX_WAITING = 1500
"""How many connections may be without a request; then the oldest makes way.

More than are accepted at a time: pages that come all at once are read only afterwards.
"""

MAX_UNSENT_BYTES = 64 * 1024
MAX_FRAGMENTS = 16
"""Of a message; each takes memory, even an empty one."""


class Deadlines:
    """The limits, and the connections that are without a request, oldest first."""

    def __init__(
        self,
        *,
        head_seconds: float = HEAD_SECONDS,
        write_seconds: float = WRITE_SECONDS,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self.head_seconds = head_seconds
        self.write_seconds = write_seconds
        self._max_waiting = max_waiting
        self._waiting: dict[asyncio.Transport, asyncio.TimerHandle] = {}

    def begin(self, transport: asyncio.Transport) -> None:
        """Abort the connection unless it has a request in time."""
        if transport in self._waiting:
            return
        loop = asyncio.get_running_loop()
        self._waiting[transport] = loop.call_later(self.head_seconds, transport.abort)
        if len(self._waiting) > self._max_waiting:
            oldest = next(iter(self._waiting))
            self.end(oldest)
            oldest.abort()

    def end(self, transport: asyncio.Transport) -> None:
        """The connection has a request, or is lost."""
        if (timer := self._waiting.pop(transport, None)) is not None:
            timer.cancel()


class _Writing:
    """Aborts a connection whose client does not take what it is sent."""

    def __init__(self, transport: asyncio.Transport, seconds: float) -> None:
        self._transport = transport
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        # `pause` is called as soon as anything waits.
        transport.set_write_buffer_limits(high=0)

    def pause(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._transport.abort)

    def resume(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Http(H11Protocol):
    """A connection before its upgrade to a WebSocket, if there is one."""

    deadlines: Deadlines

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._writing = _Writing(transport, self.deadlines.write_seconds)
        self.deadlines.begin(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.deadlines.end(self.transport)
        self._writing.resume()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.get_protocol() is self and (self.cycle is None or self.cycle.response_complete):
            self.deadlines.begin(self.transport)
        else:
            self.deadlines.end(self.transport)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # Unless the next request was there already.
        if self.cycle.response_complete and not self.transport.is_closing():
            self.deadlines.begin(self.transport)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._writing.pause()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._writing.resume()


class Socket(WebSocketsSansIOProtocol):
    """A WebSocket, from its handshake."""

    deadlines: Deadlines

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._writing = _Writing(self.transport, self.deadlines.write_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._writing.resume()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # A client that sends pings and takes no answers.
        if self.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.transport.abort()
        else:
            super().data_received(data)

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= MAX_FRAGMENTS:
            self.transport.abort()
        else:
            super().handle_cont(event)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._writing.pause()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._writing.resume()


def with_deadlines(deadlines: Deadlines) -> tuple[type[Http], type[Socket]]:
    """The classes of connections with these deadlines, for uvicorn, which makes the connections."""
    return type("Http", (Http,), {"deadlines": deadlines}), type("Socket", (Socket,), {"deadlines": deadlines})
