"""The client of Recommendations with several servers under one name, which come and go."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import count
from threading import Event

import grpc
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from marketplace.domain.errors import RecommenderUnavailable
from marketplace.gateways.breaker import Breaker
from marketplace.gateways.channel import RENEW_FAILED_SECONDS, RENEW_SECONDS
from marketplace.gateways.recommender import SERVICE, GrpcRecommender
from protobufs.recommendations_pb2_grpc import add_RecommendationsServicer_to_server
from tests.dns_server import NameServer
from tests.e2e.processes import await_that
from tests.marketplace.fakes import Clock
from tests.marketplace.gateways.conftest import MYSTERY, Servicer


class Server:
    """A server of Recommendations with its health."""

    def __init__(self, address: str, port: int) -> None:
        self.servicer = Servicer()  # type: ignore[abstract]
        self.ended = Event()
        self._pool = ThreadPoolExecutor(8)
        self._server = grpc.server(self._pool, options=[("grpc.so_reuseport", 0)])
        add_RecommendationsServicer_to_server(self.servicer, self._server)
        self._health = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        self.report(serving=True)
        self.port = self._server.add_insecure_port(f"{address}:{port}")
        self._server.start()

    @property
    def calls(self) -> int:
        """How many it got."""
        return len(self.servicer.requests)

    def report(self, *, serving: bool) -> None:
        """Set its health."""
        status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
        self._health.set(SERVICE, status)

    def stop(self) -> None:
        """Stop at once, as if killed; again without effect."""
        ending = self._server.stop(None)
        self.ended.set()
        ending.wait()
        self._pool.shutdown()


class Fleet:
    """Servers on one port of several addresses, the name under which they are found, and a client of them."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._names = stack.enter_context(NameServer())
        self._port = 0
        self.clock = Clock()
        self.one = self.start(1)
        self.two = self.start(2)
        self.are_found(1, 2)
        # Its pause is always over: these tests are about the channel.
        breaker = Breaker(RecommenderUnavailable, clock=count(0.0, 1000.0).__next__)
        self.recommender = stack.enter_context(
            closing(GrpcRecommender(self._names.target(self._port), timeout=10, breaker=breaker, clock=self.clock))
        )

    def start(self, number: int) -> Server:
        server = Server(f"127.0.0.{number}", self._port)
        self._stack.callback(server.stop)
        self._port = server.port
        return server

    def are_found(self, *numbers: int) -> None:
        """Let the name have the addresses with these numbers."""
        self._names.addresses = [f"127.0.0.{number}" for number in numbers]

    def call(self) -> None:
        self.recommender.recommend(0, [MYSTERY])

    def call_twice(self) -> None:
        self.call()
        self.call()

    def await_calls(self, *servers: Server) -> None:
        """Call until each of them has got a further call."""
        before = [server.calls for server in servers]

        def all_called() -> bool:
            self.call()
            return all(server.calls > calls for server, calls in zip(servers, before, strict=True))

        await_that(all_called)

    def await_answer(self) -> int:
        """Call until a call is answered; returns how many were not."""
        failed = 0
        while True:
            try:
                self.call()
            except RecommenderUnavailable:
                failed += 1
                self.clock.seconds += RENEW_FAILED_SECONDS
                assert failed < 100
            else:
                return failed


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    with ExitStack() as stack:
        yield Fleet(stack)


def test_all_servers_of_a_name_are_called_in_turn(fleet: Fleet) -> None:
    """Each gets half of the calls."""
    fleet.await_calls(fleet.one, fleet.two)
    before = fleet.one.calls, fleet.two.calls
    for _ in range(10):
        fleet.call()
    assert (fleet.one.calls - before[0], fleet.two.calls - before[1]) == (5, 5)


def test_a_server_that_is_not_serving_gets_no_calls(fleet: Fleet) -> None:
    """Until it reports that it serves again; no call fails meanwhile."""
    fleet.await_calls(fleet.one, fleet.two)
    fleet.two.report(serving=False)

    def is_spared() -> bool:
        before = fleet.two.calls
        for _ in range(4):
            fleet.call()
        return fleet.two.calls == before

    await_that(is_spared)
    before = fleet.two.calls
    for _ in range(20):
        fleet.call()
    assert fleet.two.calls == before
    fleet.two.report(serving=True)
    fleet.await_calls(fleet.two)


def test_no_call_fails_when_one_server_ends(fleet: Fleet) -> None:
    """The call that it was answering is sent to the other one."""
    fleet.await_calls(fleet.one, fleet.two)
    reached = Event()

    def hang() -> None:
        reached.set()
        fleet.two.ended.wait()

    fleet.two.servicer.wait = hang
    with ThreadPoolExecutor(1) as pool:
        # Of two calls in turn one is that server's.
        calls = pool.submit(fleet.call_twice)
        assert reached.wait(10)
        fleet.two.stop()
        calls.result()
    for _ in range(20):
        fleet.call()


def test_a_further_server_is_found_without_a_failure(fleet: Fleet) -> None:
    """Although no connection has ended: the name is resolved again after a while, over the same connections."""
    fleet.await_calls(fleet.one, fleet.two)
    three = fleet.start(3)
    fleet.are_found(1, 2, 3)
    fleet.clock.seconds += RENEW_SECONDS
    fleet.await_calls(fleet.one, fleet.two, three)
    assert len({*fleet.one.servicer.peers}) == 1


def test_servers_with_other_addresses_are_found_after_one_failure(fleet: Fleet) -> None:
    """As when all containers are replaced: the next call resolves the name again."""
    fleet.await_calls(fleet.one, fleet.two)
    fleet.start(3)
    fleet.are_found(3)
    fleet.one.stop()
    fleet.two.stop()
    assert fleet.await_answer() <= 2


def test_a_client_does_not_stay_with_a_server_that_is_not_healthy(fleet: Fleet) -> None:
    """gRPC itself would: it resolves a name again only when a connection ends."""
    fleet.are_found(2)
    fleet.call()
    fleet.are_found(1, 2)
    fleet.two.report(serving=False)
    await_that(lambda: _fails(fleet))
    fleet.clock.seconds += RENEW_FAILED_SECONDS
    fleet.call()
    assert fleet.one.calls


def test_a_name_that_was_not_found_is_resolved_again_at_once(fleet: Fleet) -> None:
    """Not after minutes, as gRPC itself would after a long outage."""
    fleet.are_found()
    for _ in range(3):
        assert _fails(fleet)
        fleet.clock.seconds += RENEW_FAILED_SECONDS
    fleet.are_found(1)
    fleet.call()


@pytest.mark.parametrize("status", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
def test_an_outage_does_not_multiply_calls(fleet: Fleet, status: grpc.StatusCode) -> None:
    """Only five calls of each channel are sent twice, and none after an error of the server."""
    fleet.one.servicer.status = fleet.two.servicer.status = status
    for seconds in (1, 2):
        for _ in range(50):
            assert _fails(fleet)
        repeated = fleet.one.calls + fleet.two.calls - 50 * seconds
        if status is grpc.StatusCode.UNAVAILABLE:
            assert 0 < repeated <= 5 * seconds
        else:
            assert not repeated
        fleet.clock.seconds += RENEW_FAILED_SECONDS


def test_a_call_is_not_cut_off_when_its_channel_is_replaced(fleet: Fleet) -> None:
    """The channel is closed after its last call."""
    fleet.are_found(2)
    reached, release = Event(), Event()

    def hang() -> None:
        fleet.two.servicer.wait = bool
        reached.set()
        release.wait()

    fleet.two.servicer.wait = hang
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(fleet.call)
        try:
            assert reached.wait(10)
            for _ in range(3):
                fleet.clock.seconds += RENEW_SECONDS
                fleet.call()
        finally:
            release.set()
        slow.result()


def _fails(fleet: Fleet) -> bool:
    try:
        fleet.call()
    except RecommenderUnavailable:
        return True
    return False
