"""A gRPC server in place of Recommendations, and a client of it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import grpc
import pytest

from marketplace.domain.categories import Category
from marketplace.domain.interactions import Interaction, InteractionKind
from marketplace.domain.recommendations import RecommendationRequest
from marketplace.gateways.channel import target
from marketplace.gateways.recommender import GrpcRecommender
from protobufs import recommendations_pb2 as pb
from protobufs.recommendations_pb2_grpc import RecommendationsServicer, add_RecommendationsServicer_to_server
from tests.marketplace.fakes import NOON

MYSTERY = RecommendationRequest(Category.MYSTERY, 10)
CLICK = Interaction(
    id="click-1",
    reader_id=1_000_000_000,
    book_id=7,
    kind=InteractionKind.CLICK,
    occurred_at=NOON,
    recommendation_id="list-1",
)


class Servicer(RecommendationsServicer):
    """Responds to every call with `response`, or fails with `status`; records the requests."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.metadata: list[dict[str, Any]] = []
        self.peers: list[str] = []
        self.status: grpc.StatusCode | None = None
        self.response: Any = pb.RecommendBatchResponse(responses=[pb.RecommendationResponse()])
        self.wait: Callable[[], object] = lambda: None

    def _serve(self, request: Any, context: Any) -> Any:
        self.requests.append(request)
        self.metadata.append(dict(context.invocation_metadata()))
        self.peers.append(context.peer())
        self.wait()
        if self.status is not None:
            context.abort(self.status, "as the test says")
        return self.response


for _method in vars(RecommendationsServicer):
    if not _method.startswith("_"):
        setattr(Servicer, _method, Servicer._serve)


@pytest.fixture
def servicer() -> Servicer:
    """The servicer behind the server."""
    return Servicer()  # type: ignore[abstract]


@pytest.fixture
def port(servicer: Servicer) -> Iterator[int]:
    """The port of a server."""
    with ThreadPoolExecutor(8) as pool:
        server = grpc.server(pool)
        add_RecommendationsServicer_to_server(servicer, server)
        number = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield number
        server.stop(None).wait()


@pytest.fixture
def recommender(port: int) -> Iterator[GrpcRecommender]:
    """A client with a long timeout."""
    with closing(GrpcRecommender(target("localhost", port), timeout=10)) as client:
        yield client
