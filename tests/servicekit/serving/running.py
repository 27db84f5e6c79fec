"""An HTTP server in a thread of the test, and clients that are bare sockets."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import Thread
from typing import Any

from servicekit.serving.http_server import HttpServer
from servicekit.serving.limits import Limits

DEADLINE = 20.0
GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"
LIMITS = Limits(
    body_bytes=lambda _path: 1000,
    young_seconds=0.0,
    check_seconds=0.02,
    notice_seconds=0.2,
    # A test that is about one of these sets it; others must not end by it on a busy machine.
    idle_seconds=1000,
    header_seconds=1000,
    body_seconds=1000,
    answer_seconds=1000,
    discard_seconds=1000,
    drain_seconds=1000,
)


def hello(_environ: Any, start_response: Any) -> list[bytes]:
    """An application that greets."""
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]


@contextmanager
def serving(app: Any = hello, *, threads: int = 2, **limits: Any) -> Iterator[HttpServer]:
    """A running server with these limits."""
    server = HttpServer(app, host="127.0.0.1", port=0, threads=threads, limits=replace(LIMITS, **limits))
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(DEADLINE)
        server.close()
    assert not thread.is_alive()


@contextmanager
def connected(server: HttpServer, *sent: bytes) -> Iterator[socket.socket]:
    """A connection that has sent this."""
    with socket.socket() as client:
        client.settimeout(DEADLINE)
        client.connect(("127.0.0.1", server.port))
        for part in sent:
            client.sendall(part)
        yield client


def answer(client: socket.socket, *, until: bytes = b"hello") -> bytes:
    """What arrives until it ends so, or until the server closes the connection."""
    received = b""
    while not received.endswith(until) and (part := client.recv(65_536)):
        received += part
    return received


def is_closed(client: socket.socket) -> bool:
    """Whether the server has closed the connection, which has nothing to read."""
    client.setblocking(False)
    try:
        return not client.recv(1)
    except BlockingIOError:
        return False
    except OSError:
        return True


def drips_until_closed(client: socket.socket) -> None:
    """Send a byte again and again, until the server closes the connection."""
    ends = time.monotonic() + DEADLINE
    with suppress(OSError):
        while not is_closed(client):
            assert time.monotonic() < ends
            client.send(b"x")
            time.sleep(0.01)


def await_that(condition: Callable[[], bool]) -> None:
    """Wait until `condition()` is true."""
    ends = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)
