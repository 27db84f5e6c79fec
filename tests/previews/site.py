"""Sites that tests serve on loopback, and the rules that let them be fetched."""

import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import grpc

from previews.api.server import create_server
from previews.fetching.fetcher import Fetcher
from previews.fetching.resolving import Address, LookUp, look_up
from previews.fetching.rules import PublicInternet
from previews.service import PreviewService
from previews.store import open_store
from protobufs.previews_pb2_grpc import PreviewsStub
from tests.http_server import Answer, HttpServer, Request, answer

LOOPBACK = "127.0.0.1"
DEADLINE = 30.0


class Loopback(PublicInternet):
    """The rules of production, but for these ports of 127.0.0.1, on which tests serve."""

    def __init__(self, *ports: int) -> None:
        self._ports = frozenset(ports)

    def allows_port(self, port: int) -> bool:
        return port in self._ports or super().allows_port(port)

    def allows_address(self, address: str, port: int) -> bool:
        return (address == LOOPBACK and port in self._ports) or super().allows_address(address, port)


def port_of(server: HttpServer) -> int:
    return int(server.url.rpartition(":")[2])


def addresses(*texts: str) -> LookUp:
    """A look-up in which each name has these addresses."""

    def look_up(_host: str, port: int) -> list[Address]:
        families = [socket.AF_INET6 if ":" in text else socket.AF_INET for text in texts]
        return [
            (family, socket.SOCK_STREAM, 6, "", (text, port)) for family, text in zip(families, texts, strict=True)
        ]

    return look_up


def html(body: str | bytes, content_type: str = "text/html; charset=utf-8") -> Answer:
    """Always answer with this page."""
    return answer(200, body.encode() if isinstance(body, str) else body, Content_Type=content_type)


def pages(by_path: Mapping[str, Answer]) -> Answer:
    """Answer by path, and with 404 where there is none."""

    def answers(request: Request) -> Iterable[bytes]:
        return by_path.get(request.path.partition("?")[0], answer(404))(request)

    return answers


def endless(server: HttpServer, head: bytes, part: bytes, *, pause: float = 0.0) -> Answer:
    """Answer with a head and then a part for ever, or until the client or the test ends."""

    def answers(_request: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n" + head
        while not server.closing.wait(pause):
            yield part

    return answers


def fetcher(
    *servers: HttpServer, look_up: LookUp = look_up, seconds: float = 5.0, rules: PublicInternet | None = None
) -> Fetcher:
    """A fetcher that may fetch from these servers, and otherwise obeys the rules of production."""
    return Fetcher(
        user_agent="test",
        rules=rules or Loopback(*map(port_of, servers)),
        look_up=look_up,
        seconds=seconds,
    )


@contextmanager
def stub_of(
    folder: Path, make_fetcher: Callable[[], Fetcher], *, call_seconds: float = 15.0
) -> Iterator[tuple[PreviewsStub, str]]:
    """A client of a running service over a new database, and its address."""
    with ExitStack() as stack:
        store = open_store(f"sqlite:///{folder / 'previews.db'}")
        stack.callback(store.close)
        store.migrate()
        service = PreviewService(store, make_fetcher())
        server = create_server(service, [LOOPBACK], 0, call_seconds=call_seconds)
        stack.callback(server.stop)
        server.start()
        server.set_serving(serving=True)
        address = f"{LOOPBACK}:{server.port}"
        channel = stack.enter_context(grpc.insecure_channel(address))
        yield PreviewsStub(channel), address
