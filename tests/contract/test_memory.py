"""The server's memory does not grow with what clients send."""

from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import psutil
import pytest

from protobufs import recommendations_pb2 as pb
from protobufs import recommendations_pb2_grpc as pb_grpc
from tests.e2e.processes import Process, start_recommendations

CALLS, WARM_UP = 1_000, 100
MOST_MB = 30
DEADLINE = 20
PADDING = b"\xfa\x3f\xb0\xb6\x3c" + bytes(990_000)
"""The unknown field 1023, almost as large as a request may be."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Process]:
    """A server process with the starter's catalogue."""
    process = start_recommendations(tmp_path)
    yield process
    process.stop()


def growth_mb(server: Process, call: Callable[[int], object]) -> float:
    """The memory in MB by which the server grows from a few calls to many."""
    process = psutil.Process(server.pid)
    for number in range(WARM_UP):
        call(number)
    before = process.memory_info().rss
    for number in range(CALLS):
        call(number)
    return float(process.memory_info().rss - before) / 1e6


@pytest.mark.slow
def test_changes_of_the_catalogue_and_padded_calls_leak_no_memory(server: Process) -> None:
    """Neither old versions of the catalogue nor large requests are kept."""
    request = pb.RecommendationRequest(user_id=1, any_category=True)
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        stub = pb_grpc.RecommendationsStub(channel)
        padded: grpc.UnaryUnaryMultiCallable[bytes, pb.RecommendationResponse] = channel.unary_unary(
            "/Recommendations/Recommend", response_deserializer=pb.RecommendationResponse.FromString
        )

        def change(number: int) -> None:
            book = pb.Book(id=1, title=f"Title {number}", categories=[pb.MYSTERY])
            stub.UpsertBooks(pb.UpsertBooksRequest(books=[book]), timeout=DEADLINE)
            answer = stub.Recommend(request, timeout=DEADLINE)
            assert answer.recommendations

        def pad(number: int) -> None:
            message = pb.RecommendationRequest(user_id=number, any_category=True).SerializeToString() + PADDING
            assert padded(message, timeout=DEADLINE).recommendations

        assert growth_mb(server, change) < MOST_MB
        assert growth_mb(server, pad) < MOST_MB
