"""Calls with deadlines at a fixed rate, with a real gRPC server."""

import itertools
import threading
from collections.abc import Iterator
from concurrent import futures

import grpc
import pytest

from bench.load.open_loop import offer_with_deadline

METHOD = "/Test/Echo"


class Server:
    """A server whose only method waits until `held` is set, and fails if asked to."""

    def __init__(self, **options: int) -> None:
        self.held = threading.Event()
        self.held.set()
        self.received: list[bytes] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(2), options=list(options.items()))
        handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(self._echo)
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("Test", {"Echo": handler}),))
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def stop(self) -> None:
        self.held.set()
        self._server.stop(None).wait()

    def _echo(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        self.received.append(request)
        if request == b"fail":
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "as asked")
        self.held.wait(20)
        return request


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


def test_every_call_is_counted_once(server: Server) -> None:
    """Answers before the deadline are useful, other statuses are refusals, and each message is sent once."""
    messages = itertools.cycle([b"a", b"fail", b"b"])
    outcome = offer_with_deadline(server.port, METHOD, messages, connections=2, seconds=0.3, rate=100, deadline=20.0)
    assert sorted(server.received) == [b"a"] * 10 + [b"b"] * 10 + [b"fail"] * 10
    assert (len(outcome.useful), outcome.refused) == (20, 10)
    assert (outcome.late, outcome.expired, outcome.unsent) == (0, 0, 0)


def test_calls_whose_deadline_passes_have_expired(server: Server) -> None:
    """A server that answers nothing does not hold the load up."""
    server.held.clear()
    outcome = offer_with_deadline(
        server.port, METHOD, itertools.repeat(b"a"), connections=1, seconds=0.1, rate=100, deadline=0.1
    )
    assert (len(outcome.useful), outcome.expired) == (0, 10)


def test_calls_wait_for_a_free_stream() -> None:
    """As with gRPC's clients; those that find none before their deadline are never sent."""
    server = Server(**{"grpc.max_concurrent_streams": 1})
    server.held.clear()
    try:
        outcome = offer_with_deadline(
            server.port, METHOD, itertools.repeat(b"a"), connections=1, seconds=0.1, rate=100, deadline=0.2
        )
    finally:
        server.stop()
    assert outcome.unsent > 0
    assert outcome.unsent + outcome.expired == 10
