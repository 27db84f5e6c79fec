"""Two servers of Recommendations behind one name, which are killed."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from marketplace.domain.errors import RecommenderUnavailable
from marketplace.domain.recommendations import RecommendationRequest
from marketplace.gateways.breaker import State
from marketplace.gateways.recommender import GrpcRecommender
from tests.dns_server import NameServer
from tests.e2e.processes import Process, await_serving, await_that

pytestmark = pytest.mark.slow

ADDRESSES = ("127.0.0.1", "127.0.0.2")
NEW_ADDRESS = "127.0.0.3"
CALLERS = 4
CALLS_BETWEEN = 200
"""How many calls are answered before each kill and after the last one."""


class Servers:
    """Servers over one database, on one port of several addresses."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self.port = 0
        self.running: dict[str, Process] = {}
        for address in ADDRESSES:
            self.start(address)

    def start(self, address: str) -> None:
        settings = {
            "RECOMMENDATIONS_DATA_DIR": str(self._folder),
            "RECOMMENDATIONS_PORT": str(self.port),
            "RECOMMENDATIONS_BIND": address,
            "RECOMMENDATIONS_LOG_REQUESTS": "true",
        }
        server = Process("recommendations", settings)
        self._stack.callback(server.stop)
        self.port, self.running[address] = server.port, server
        await_serving(f"{address}:{self.port}")


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(tmp_path, stack)


def test_calls_of_pages_go_on_when_servers_are_killed(servers: Servers) -> None:
    """Each in turn is killed and started again while four threads call: none of their calls fails.

    While both run, both are called. Then one at another address takes the place of both: each thread loses at most
    the call that it makes then.
    """
    answered, lost, ended = [0] * CALLERS, [0] * CALLERS, threading.Event()
    with (
        NameServer(ADDRESSES) as names,
        closing(GrpcRecommender(names.target(servers.port), timeout=10.0)) as recommender,
        ThreadPoolExecutor(CALLERS) as pool,
    ):

        def call(caller: int) -> None:
            while not ended.is_set():
                try:
                    recommender.recommend(0, [RecommendationRequest(None, 5)])
                except RecommenderUnavailable:
                    lost[caller] += 1
                else:
                    answered[caller] += 1

        def await_calls() -> None:
            before = sum(answered)
            await_that(lambda: sum(answered) >= before + CALLS_BETWEEN or any(call.done() for call in calls))

        calls = [pool.submit(call, caller) for caller in range(CALLERS)]
        try:
            for address in ADDRESSES:
                await_calls()
                await_that(lambda: all("RecommendBatch" in server.output for server in servers.running.values()))
                servers.running[address].kill()
                await_calls()
                servers.start(address)
            await_calls()
            assert lost == [0] * CALLERS
            servers.start(NEW_ADDRESS)
            names.addresses = [NEW_ADDRESS]
            for address in ADDRESSES:
                servers.running[address].kill()
            await_calls()
        finally:
            ended.set()
        for done in calls:
            done.result()
        assert max(lost) <= 1
        assert recommender.state == State.CLOSED.value
