"""HTTP calls with a deadline for the whole exchange: urllib3 itself has one only for each part that arrives."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection

from servicekit.deadline import deadline, remaining


class HttpClient:
    """Makes HTTP calls without retries and without proxies of the environment; thread-safe."""

    def __init__(self, seconds: float) -> None:
        """Each call takes this long at most, from connecting to the last byte that is read."""
        self._seconds = seconds
        self.pool = PoolManager(retries=False, timeout=Timeout(total=seconds))
        self.pool.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}

    @contextlib.contextmanager
    def call(self) -> Iterator[PoolManager]:
        """Make one call in the block, and close its response there: the deadline is that of its connection."""
        with deadline(self._seconds):
            yield self.pool

    def close(self) -> None:
        self.pool.clear()


class DeadlineConnection(HTTPConnection):
    """Shut down at the deadline of the thread that connects it."""

    _watched: tuple[socket.socket, threading.Timer] | None = None
    _is_answering = False

    def open_socket(self) -> socket.socket:
        """Connect; a client that decides itself where to replaces this."""
        return super()._new_conn()

    def _new_conn(self) -> socket.socket:
        connected = self.open_socket()
        left = remaining()
        if left is not None:
            # TLS takes the socket over; its duplicate shuts down the same connection.
            duplicate = connected.dup()
            timer = threading.Timer(left, _shut_down, (duplicate,))
            timer.daemon = True
            timer.start()
            self._watched = duplicate, timer
        return connected

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 itself has it
        # The standard library closes a connection here already that will have no other request, while its response
        # is still to be read: the deadline must hold until that is closed, which closes the connection once more.
        self._is_answering = True
        try:
            return super().getresponse()
        finally:
            self._is_answering = False

    def close(self) -> None:
        if self._watched is not None and not self._is_answering:
            duplicate, timer = self._watched
            timer.cancel()
            duplicate.close()
            self._watched = None
        super().close()


class DeadlineTlsConnection(DeadlineConnection, HTTPSConnection):
    """Likewise, with TLS."""


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = DeadlineConnection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = DeadlineTlsConnection


def _shut_down(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side, or the call itself, has closed it
        connected.shutdown(socket.SHUT_RDWR)
