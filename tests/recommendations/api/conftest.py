"""A server on its own port over a fake service, and a client."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import grpc
import pytest

from protobufs import recommendations_pb2_grpc as pb_grpc
from recommendations.api.server import create_server
from recommendations.service import RecommendationService
from servicekit.grpc.server import Server
from servicekit.listening import host_port
from tests.recommendations.fakes import FakeService


class Running:
    """A running server, its service and a channel to it."""

    def __init__(self, host: str = "127.0.0.1", **options: Any) -> None:
        self.service = FakeService()
        self.server: Server = create_server(cast("RecommendationService", self.service), [host], 0, **options)
        self.server.start()
        self.address = host_port(host, self.server.port)
        self.channel = grpc.insecure_channel(self.address)
        self.stub = pb_grpc.RecommendationsStub(self.channel)

    def stop(self) -> None:
        self.channel.close()
        self.server.stop()


Start = Callable[..., Running]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts servers and stops them at the end of the test."""
    servers: list[Running] = []

    def start(**options: Any) -> Running:
        servers.append(Running(**options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def running(start: Start) -> Running:
    return start()
