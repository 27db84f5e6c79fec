"""Measured calls, over a real port."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from threading import Event
from typing import Any

import grpc
import pytest
from prometheus_client import CollectorRegistry

from protobufs import recommendations_pb2 as pb
from recommendations.domain.errors import StoreUnavailable
from servicekit.metrics.calls import CallMetrics
from tests.e2e.processes import await_that
from tests.recommendations.api.conftest import Running, Start, running, start

__all__ = ["running", "start"]

DEADLINE = 20
RECOMMEND = pb.RecommendationRequest(user_id=424_242_424)
HISTORY = pb.ListInteractionsRequest(user_id=424_242_424)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def measured(start: Start, registry: CollectorRegistry) -> Running:
    """A server with one thread, one waiting call at most, and metrics."""
    return start(metrics=CallMetrics(registry), threads=1, waiting=1)


def handled(registry: CollectorRegistry) -> dict[tuple[str, str], float]:
    """How many calls of a method ended with a code."""
    samples = [sample for family in registry.collect() for sample in family.samples]
    return {
        (sample.labels["grpc_method"], sample.labels["grpc_code"]): sample.value
        for sample in samples
        if sample.name == "grpc_server_handled_total"
    }


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "code"), [(None, "OK"), (StoreUnavailable(), "UNAVAILABLE"), (ZeroDivisionError(), "INTERNAL")]
)
def test_calls_are_counted_by_method_and_code(
    measured: Running, registry: CollectorRegistry, error: Exception | None, code: str
) -> None:
    """Answered, refused and broken ones, with how long they took, and without ids."""
    if error is not None:
        measured.service.before_each = raising(error)
    with nullcontext() if error is None else pytest.raises(grpc.RpcError):
        measured.stub.Recommend(RECOMMEND, timeout=DEADLINE)
    # The client may have the answer before the server has counted it.
    measured.stop()
    assert handled(registry) == {("Recommend", code): 1}
    count = registry.get_sample_value("grpc_server_handling_seconds_count", {"grpc_method": "Recommend"})
    assert count == 1


def test_busy_threads_and_refused_calls_are_seen(measured: Running, registry: CollectorRegistry) -> None:
    """One call runs, one waits, and a third is refused; afterwards the pool is free."""
    entered, leave = Event(), Event()

    def hang() -> None:
        entered.set()
        leave.wait(DEADLINE)

    measured.service.before_each = hang

    def call() -> Any:
        return measured.stub.ListInteractions(HISTORY, timeout=DEADLINE)

    with ThreadPoolExecutor(2) as clients:
        calls = [clients.submit(call), clients.submit(call)]
        assert entered.wait(DEADLINE)
        await_that(lambda: registry.get_sample_value("grpc_calls_waiting"))
        with pytest.raises(grpc.RpcError):
            call()
        names = ("grpc_threads", "grpc_threads_busy", "grpc_calls_waiting")
        assert [registry.get_sample_value(name) for name in names] == [1, 1, 1]
        leave.set()
        for called in calls:
            called.result()
    measured.stop()
    assert handled(registry) == {("ListInteractions", "OK"): 2, ("ListInteractions", "RESOURCE_EXHAUSTED"): 1}
    assert [registry.get_sample_value(name) for name in names] == [1, 0, 0]
