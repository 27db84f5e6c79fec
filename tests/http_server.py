"""An HTTP server on a free port that answers as a test specifies and records its requests."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread
from types import TracebackType
from typing import Any, Self

DEADLINE = 30.0


@dataclass(frozen=True)
class Request:
    """A request that the server received."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed as JSON."""
        return json.loads(self.body)


Answer = Callable[[Request], Iterable[bytes]]


def answer(status: int, body: bytes = b"{}", **headers: str) -> Answer:
    """Always answer with this status, body and headers."""
    lines = {"Content-Length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return lambda _request: [f"HTTP/1.1 {status} Any\r\n{head}\r\n".encode() + body]


class HttpServer:
    """Answers every request by `self.answer` during the block."""

    def __init__(self, port: int = 0) -> None:
        self.answer: Answer = answer(200)
        self.closing = Event()
        self._requests: list[Request] = []
        self._arrived = Condition()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def requests(self) -> list[Request]:
        """The requests received so far."""
        with self._arrived:
            return list(self._requests)

    def await_requests(self, number: int) -> list[Request]:
        """Wait for this many requests; returns those received so far."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self._requests) >= number, DEADLINE), self._requests
            return list(self._requests)

    def hang(self, _request: Request) -> Iterator[bytes]:
        """Never answer."""
        self.closing.wait()
        yield b""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # the client ended before it had sent everything
                request = Request(self.command, self.path, dict(self.headers.items()), body)
                answers = server.answer
                with server._arrived:
                    server._requests.append(request)
                    server._arrived.notify_all()
                try:
                    for part in answers(request):
                        self.wfile.write(part)
                        self.wfile.flush()
                except OSError:
                    pass  # the client closed the connection

            do_GET = do_PUT = do_POST = _serve  # noqa: N815  (names given by http.server)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (a name given by http.server)
                pass

        return Handler
