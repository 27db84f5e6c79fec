"""No message makes a call fail unexpectedly, or stays in the server's memory."""

import itertools
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

import grpc
import psutil
import pytest

from tests.contract.conftest import DEADLINE, Shop
from tests.contract.fuzz import fuzzed_calls
from tests.drills import is_running
from tests.e2e.processes import start_recommendations

SEED = 13
CALLS = 300
DRILL_CALLS, DRILL_WARM_UP = 100_000, 10_000
MOST_MB = 20.0
IN_FLIGHT = 4
"""Fewer than may use the database at a time."""
EXPECTED = {"OK", "INVALID_ARGUMENT", "NOT_FOUND", "RESOURCE_EXHAUSTED"}
"""The last for a message that is too large."""

Codes = Counter[tuple[str, str]]
"""How many calls had which method and status code."""


def call_all(channel: grpc.Channel, count: int, *, seed: int) -> Codes:
    """Make so many calls, several at a time."""
    codes: Codes = Counter()
    waiting: deque[tuple[str, bytes, Any]] = deque()
    methods: dict[str, Callable[..., Any]] = {}

    def take() -> None:
        method, message, call = waiting.popleft()
        code = call.code().name
        codes[method, code] += 1
        assert code in EXPECTED, f"{method} {code} {call.details()}: {message[:500]!r}"

    for method, message in itertools.islice(fuzzed_calls(seed), count):
        if method not in methods:
            methods[method] = channel.unary_unary(f"/Recommendations/{method}").future
        waiting.append((method, message, methods[method](message, timeout=DEADLINE)))
        if len(waiting) >= IN_FLIGHT:
            take()
    while waiting:
        take()
    return codes


def test_no_message_is_an_internal_error(shop: Shop) -> None:
    """Each is answered, or refused with a code that says why; every method does both."""
    codes = call_all(shop.channel, CALLS, seed=SEED)
    assert {method for method, code in codes if code == "INVALID_ARGUMENT"} == {method for method, _ in codes}
    assert len({method for method, code in codes if code == "OK"}) == 9


@pytest.mark.skipif(not is_running("fuzz"), reason="takes minutes: make drill fuzz")
def test_many_messages_leave_nothing_behind(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A hundred thousand calls take at most 20 MB of the server's memory."""
    server = start_recommendations(tmp_path_factory.mktemp("fuzz"))
    try:
        process = psutil.Process(server.pid)
        with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            call_all(channel, DRILL_WARM_UP, seed=SEED)
            before = process.memory_info().rss
            codes = call_all(channel, DRILL_CALLS, seed=SEED + 1)
            grown = (process.memory_info().rss - before) / 1e6
    finally:
        server.stop()
    for (method, code), count in sorted(codes.items()):
        print(f"{method:<20}{code:<20}{count:>8,}")  # noqa: T201
    print(f"memory: {grown:+.1f} MB")  # noqa: T201
    assert "Traceback" not in server.output
    assert grown < MOST_MB
