"""Deadlines of HTTP calls."""

from collections.abc import Iterator
from contextlib import nullcontext
from time import monotonic

import pytest

from servicekit.http_client import HttpClient
from tests.http_server import HttpServer, Request


@pytest.mark.parametrize(
    "head", [b"", b"Content-Length: 100000\r\n", b"Content-Length: 100000\r\nConnection: close\r\n"]
)
def test_the_deadline_is_for_the_whole_answer(head: bytes) -> None:
    """A body that drips is cut off, whether or not its connection will have another request."""
    with HttpServer() as server:

        def drip(_request: Request) -> Iterator[bytes]:
            yield b"HTTP/1.1 200 OK\r\n" + head + b"\r\n"
            while not server.closing.wait(0.02):
                yield b"x"

        server.answer = drip
        client = HttpClient(0.2)
        started = monotonic()
        with client.call() as pool:
            response = pool.request("GET", server.url, preload_content=False)
            with pytest.raises(Exception, match="IncompleteRead") if head else nullcontext():
                response.read()
            response.close()
        client.close()
        assert monotonic() - started < 5
