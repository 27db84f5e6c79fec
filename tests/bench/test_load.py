"""The load generator with a real gRPC server."""

import itertools
from collections.abc import Iterator
from concurrent import futures

import grpc
import pytest

from bench.load.generator import generate_load, offer_load

METHOD = "/Test/Echo"
received: list[bytes] = []


def echo(request: bytes, context: grpc.ServicerContext) -> bytes:
    """Return the request repeated a hundred times; abort if it is `fail`."""
    received.append(request)
    if request == b"fail":
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "as asked")
    return request * 100


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a server whose method echoes."""
    received.clear()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(echo)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("Test", {"Echo": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(None).wait()


def test_each_call_carries_the_next_message_and_is_counted_once(port: int) -> None:
    """The server receives every message once, and every call has a latency."""
    messages = (b"%d" % number for number in itertools.count())
    load = generate_load(port, METHOD, messages, connections=3, seconds=0.1)
    assert sorted(map(int, received)) == list(range(load.calls))
    assert load.failed == 0
    assert len(load.latencies) == load.calls > 3
    assert 0 < min(load.latencies) <= max(load.latencies) <= load.seconds


def test_large_responses(port: int) -> None:
    """Responses of several frames and many windows neither stall nor count twice."""
    load = generate_load(port, METHOD, itertools.repeat(b"x" * 5_000), connections=2, seconds=0.1)
    assert (load.failed, load.calls) == (0, len(received))


def test_a_status_other_than_ok_is_a_failure(port: int) -> None:
    """Failed calls are counted separately."""
    load = generate_load(port, METHOD, itertools.cycle([b"fail", b"fine"]), connections=1, seconds=0.1)
    assert load.failed == received.count(b"fail") > 0
    assert len(load.latencies) == received.count(b"fine") > 0


def test_calls_are_offered_at_a_rate(port: int) -> None:
    """All due calls are made, none too early, each with the next message."""
    messages = (b"%d" % number for number in itertools.count())
    load = offer_load(port, METHOD, messages, connections=2, seconds=0.25, rate=200)
    assert sorted(map(int, received)) == list(range(50))
    assert (load.calls, load.failed) == (50, 0)
    assert load.seconds >= 49 / 200


def test_latency_counts_from_when_a_call_is_due(port: int) -> None:
    """If the rate is too high, calls wait for the connection, and their latency includes the wait."""
    load = offer_load(port, METHOD, itertools.repeat(b"x"), connections=1, seconds=0.02, rate=50_000)
    assert load.calls == 1000
    assert max(load.latencies) > load.seconds / 2
