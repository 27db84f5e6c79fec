"""Two servers of Recommendations behind one name, of which one is killed."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from marketplace.domain.recommendations import RecommendationRequest
from marketplace.gateways.breaker import State
from marketplace.gateways.recommender import GrpcRecommender
from tests.e2e.processes import Process, await_serving, await_that

pytestmark = pytest.mark.slow

ADDRESSES = ("127.0.0.1", "127.0.0.2")
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


def test_calls_of_pages_go_on_when_a_server_is_killed(servers: Servers) -> None:
    """Each in turn is killed and started again while four threads call: none of their calls fails.

    While both run, both are called.
    """
    answered, ended = [0] * CALLERS, threading.Event()
    with closing(GrpcRecommender("localhost", 1, timeout=10.0)) as recommender, ThreadPoolExecutor(CALLERS) as pool:
        # As a name with two addresses would be resolved.
        recommender._target = "ipv4:" + ",".join(f"{address}:{servers.port}" for address in ADDRESSES)

        def call(caller: int) -> None:
            while not ended.is_set():
                recommender.recommend(0, [RecommendationRequest(None, 5)])
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
        finally:
            ended.set()
        for done in calls:
            done.result()
        assert recommender.state == State.CLOSED.value
