"""Clients that send no message, or take no answer, do not stop the calls of others."""

from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from protobufs import recommendations_pb2 as pb
from servicekit.grpc.reflection import V1, V1ALPHA
from servicekit.grpc.server import MAX_PENDING, MAX_STREAMS
from tests.recommendations.api.conftest import Running, Start
from tests.servicekit.grpc.silent_client import SilentClient

DEADLINE = 5.0
METHODS = [method.name for method in pb.DESCRIPTOR.services_by_name["Recommendations"].methods]
REQUEST = pb.RecommendationRequest(user_id=1)
RECORD = pb.RecordInteractionsRequest(
    interactions=[pb.Interaction(id="a", user_id=1, book_id=1, kind=pb.Interaction.KIND_VIEW)]
)
HEALTH = "/grpc.health.v1.Health/"
REFLECTION = [f"/{name}/ServerReflectionInfo" for name in (V1, V1ALPHA)]


def all_answer(running: Running) -> None:
    """Lists, recording and health answer on other connections."""
    health: Any = health_pb2_grpc.HealthStub(running.channel)
    for _ in range(20):
        running.stub.Recommend(REQUEST, timeout=DEADLINE)
        running.stub.RecordInteractions(RECORD, timeout=DEADLINE)
        health.Check(health_pb2.HealthCheckRequest(), timeout=DEADLINE)


@pytest.mark.parametrize("path", [*(f"/Recommendations/{name}" for name in METHODS), f"{HEALTH}Check", *REFLECTION])
def test_calls_without_a_message_hold_nothing(start: Start, path: str) -> None:
    """As many as one connection may open, of every method."""
    running = start(threads=2)
    with SilentClient(running.address) as silent:
        for _ in range(silent.max_streams or 0):
            silent.open(path)
        all_answer(running)


def test_a_watch_that_takes_nothing_holds_nothing(start: Start) -> None:
    """Its window is 0, and health changes."""
    running = start(threads=2)
    with SilentClient(running.address, window=0) as silent:
        for _ in range(silent.max_streams or 0):
            silent.open(f"{HEALTH}Watch", health_pb2.HealthCheckRequest().SerializeToString())
        for serving in (True, False, True):
            running.server.set_serving(serving=serving)
        all_answer(running)


def test_a_connection_has_a_limit_of_streams(running: Running) -> None:
    """It bounds the calls, and so the answers, that one connection can leave lying."""
    with SilentClient(running.address) as silent:
        assert silent.max_streams == MAX_STREAMS < MAX_PENDING


def test_a_frozen_client_is_disconnected(start: Start) -> None:
    """It does not reply when the server asks whether it is there."""
    with SilentClient(start(keepalive_seconds=1.0).address) as silent:
        silent.open("/Recommendations/Recommend")
        silent.freeze()


def test_draining_does_not_wait_for_silent_clients(start: Start) -> None:
    """Neither for calls without a message nor for watches that take nothing."""
    running = start()
    with SilentClient(running.address, window=0) as silent:
        silent.open("/Recommendations/Recommend")
        silent.open("/Recommendations/RecordInteractions")
        silent.open(f"{HEALTH}Watch", health_pb2.HealthCheckRequest().SerializeToString())
        with grpc.insecure_channel(running.address) as channel:
            grpc.channel_ready_future(channel).result(DEADLINE)
        running.server.drain(notice=0.0, grace=1000.0)
