"""A server on a port of its own over a fake service, and a client of it."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import grpc
import pytest

from protobufs import recommendations_pb2_grpc as pb_grpc
from recommendations.api.server import Server, create_server
from recommendations.service import RecommendationService
from tests.recommendations.fakes import FakeService


class Running:
    """A server that answers, its service and a channel to it."""

    def __init__(self, **options: Any) -> None:
        self.service = FakeService()
        self.server: Server = create_server(cast("RecommendationService", self.service), "127.0.0.1:0", **options)
        self.server.start()
        self.address = f"127.0.0.1:{self.server.port}"
        self.channel = grpc.insecure_channel(self.address)
        self.stub = pb_grpc.RecommendationsStub(self.channel)

    def stop(self) -> None:
        self.channel.close()
        self.server.stop()


Start = Callable[..., Running]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts servers that are stopped at the end of the test."""
    running: list[Running] = []

    def start(**options: Any) -> Running:
        running.append(Running(**options))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def running(start: Start) -> Running:
    return start()
