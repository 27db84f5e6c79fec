"""The executor of calls that read memory only."""

import threading
from collections.abc import Iterator
from queue import SimpleQueue

import pytest
from structlog.testing import capture_logs

from recommendations.api.executor import CallExecutor

DEADLINE = 5


@pytest.fixture
def executor() -> Iterator[CallExecutor]:
    executor = CallExecutor(2, name="test")
    yield executor
    executor.shutdown()


def test_calls_run_on_as_many_threads_as_there_are(executor: CallExecutor) -> None:
    """Two calls run at a time; further ones wait for a thread."""
    both = threading.Barrier(3, timeout=DEADLINE)
    results: SimpleQueue[tuple[str, int]] = SimpleQueue()

    def call(name: str, *, number: int) -> None:
        both.wait()
        results.put((name, number))

    for number in range(4):
        assert executor.submit(call, "call", number=number).done()
    both.wait()
    first = {results.get(timeout=DEADLINE) for _ in range(2)}
    assert results.empty()
    both.wait()
    second = {results.get(timeout=DEADLINE) for _ in range(2)}
    assert (first, second) == ({("call", 0), ("call", 1)}, {("call", 2), ("call", 3)})


def test_a_failing_call_does_not_end_its_thread(executor: CallExecutor) -> None:
    """The failure is logged, and the same threads run later calls."""
    done = threading.Semaphore(0)
    with capture_logs() as logs:
        for _ in range(3):
            executor.submit(lambda: 1 // 0)
        executor.submit(done.release)
        assert done.acquire(timeout=DEADLINE)
        executor.shutdown()
    assert [line["event"] for line in logs] == ["call_failed"] * 3


def test_shutdown_finishes_what_was_submitted() -> None:
    """When it returns, every call submitted before has run."""
    executor = CallExecutor(1, name="test")
    results: list[int] = []
    for number in range(100):
        executor.submit(results.append, number)
    executor.shutdown()
    assert results == list(range(100))
