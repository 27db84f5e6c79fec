"""A connection of the HTTP server: what it waits for, and for how long it may."""

import socket
import time
from ipaddress import ip_network
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel

from servicekit.serving.limits import Limits
from servicekit.serving.requests import BoundedRequest

_DISCARD_AT_ONCE = 256 * 1024


class Connection(HTTPChannel):
    """A connection that knows since when it has been waiting for its client.

    After a refused request it discards for a moment what still arrives: closing at once would reset the connection,
    and the client would not see the answer.
    """

    server: Any  # a listener of `http_server`

    def __init__(self, server: Any, sock: socket.socket, addr: Any, adj: Adjustments, map: Any = None) -> None:  # noqa: A002
        self.network = _network(str(addr[0]))
        self.has_served = False
        self.waiting_since = time.monotonic()
        self._limits: Limits = server.limits
        self._taken = 0
        self._answering_since: float | None = None
        self._must_discard = False
        self._discarding_since: float | None = None
        self._discarded = 0
        super().__init__(server, sock, addr, adj, map=map)

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for its client: none of its requests is in line or being answered."""
        return not self.requests or self in self.server.deferred

    @property
    def has_answer(self) -> bool:
        """Whether its client has not yet taken an answer, or a part of it."""
        return bool(self.total_outbufs_len or self.close_when_flushed)

    @property
    def age(self) -> tuple[bool, float]:
        """The smallest makes way first: one that has answered nothing yet, then the one that has waited longest."""
        return self.has_served and self._discarding_since is None, self.waiting_since

    @property
    def body_bytes(self) -> int:
        """How much of bodies it holds."""
        held = [*self.requests] if self.request is None else [*self.requests, self.request]
        return sum(request.body_bytes_received for request in held if request.body_rcv is not None)

    def is_overdue(self, now: float) -> bool:
        """Whether its client has kept it waiting for too long; to be asked regularly."""
        limits = self._limits
        if self._discarding_since is not None:
            return now > self._discarding_since + limits.discard_seconds
        if self.total_outbufs_len:
            if self._answering_since is None:
                self._answering_since, self._taken = now, 0
            return now > self._answering_since + limits.answer_seconds + self._taken / limits.bytes_per_second
        self._answering_since = None
        if not self.is_waiting:
            return False
        if self.request is None:
            return now > self.waiting_since + limits.idle_seconds
        seconds = limits.header_seconds
        if self.request.headers_finished:
            seconds += limits.body_seconds + self.request.body_bytes_received / limits.bytes_per_second
        return now > self.waiting_since + seconds

    def end(self) -> None:
        """Close it at once.

        Only between two turns of the server's loop: within one, a new connection could get this one's number and its
        events.
        """
        self._must_discard = False
        self.handle_close()

    def parser_class(self, adj: Adjustments) -> BoundedRequest:  # type: ignore[override]
        """A request, whose first bytes have arrived."""
        if not self.requests:
            self.waiting_since = time.monotonic()
        return BoundedRequest(adj, self._limits.body_bytes)

    def received(self, data: bytes) -> bool:
        processed = super().received(data)
        self._must_discard = any(
            request.error is not None or (isinstance(request, BoundedRequest) and request.is_refused)
            for request in self.requests
        )
        if self.request is not None and self.request.body_bytes_received > self._limits.large_body_bytes:
            self.server.is_crowded = True
        return processed

    def service(self) -> None:
        if self.server.is_draining:
            request = self.requests[0]
            request.headers = {**request.headers, "CONNECTION": "close"}
        super().service()
        self.waiting_since = time.monotonic()
        self.has_served = True

    def send(self, data: bytes, do_close: bool = True) -> int:
        sent = super().send(data, do_close)
        self._taken += sent
        return sent

    def handle_write(self) -> None:
        # waitress keeps a small rest back, to send it with what the next request writes; here that one is not begun
        # before the rest is taken.
        if self in self.server.deferred:
            self._flush_exception(self._flush_some_if_lockable)  # type: ignore[attr-defined]
        super().handle_write()

    def handle_read(self) -> None:
        if self._discarding_since is None:
            super().handle_read()
            return
        try:
            self._discarded += len(self.recv(_DISCARD_AT_ONCE))
        except OSError:
            self.handle_close()
        if self._discarded > self._limits.discard_bytes:
            self.handle_close()

    def handle_close(self) -> None:
        if self._must_discard and self.socket is not None:
            self._must_discard = self.will_close = False
            try:
                self.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the client has closed it already
            else:
                self._discarding_since = time.monotonic()
                return
        super().handle_close()


def _network(address: str) -> str:
    """The address; of IPv6 its network, since a client there has any number of addresses."""
    if ":" not in address:
        return address
    return str(ip_network((address.partition("%")[0], 64), strict=False))
