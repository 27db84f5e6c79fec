"""The server's memory does not grow with what clients send."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import grpc
import psutil
import pytest

from protobufs import recommendations_pb2 as pb
from protobufs import recommendations_pb2_grpc as pb_grpc
from servicekit.grpc.calls import MAX_REQUEST_BYTES
from servicekit.grpc.server import MAX_STREAMS
from tests.e2e.processes import Process, start_recommendations
from tests.servicekit.grpc.silent_client import SilentClient

CALLS, WARM_UP, LARGE_CALLS = 1_000, 100, 100
MOST_MB = 30
DEADLINE = 20
CONNECTIONS = 4
MEBIBYTE = 1024 * 1024
MOST_MEBIBYTES = 700
"""One such call a thread, and those that wait."""
PADDING = b"\xfa\x3f\xb0\xb6\x3c" + bytes(990_000)
"""The unknown field 1023, almost as large as a request may be."""


EMPTY_SUBJECTS = b"\x2a\x00" * 1_088
HOSTILE = {
    "empty books": b"\x0a\x00" * (MAX_REQUEST_BYTES // 2 - 1),
    "too many books with empty subjects": (b"\x0a\x80\x11" + EMPTY_SUBJECTS) * 1_900,
}
"""Requests of almost the largest size that take much more memory decoded."""


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


@pytest.mark.slow
@pytest.mark.parametrize("kind", HOSTILE)
def test_large_requests_at_once_take_little_memory(server: Process, kind: str) -> None:
    """Not even while they wait and run, and although they are refused."""
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    with ExitStack() as stack:
        address, own_connection = f"127.0.0.1:{server.port}", [("grpc.use_local_subchannel_pool", 1)]
        calls: list[grpc.UnaryUnaryMultiCallable[bytes, bytes]] = [
            stack.enter_context(grpc.insecure_channel(address, own_connection)).unary_unary(
                "/Recommendations/UpsertBooks"
            )
            for _ in range(CONNECTIONS)
        ]
        message = HOSTILE[kind]
        answers = [
            call.future(message, timeout=10 * DEADLINE) for _ in range(LARGE_CALLS // CONNECTIONS) for call in calls
        ]
        peak = 0
        for answer in answers:
            answer.exception()
            peak = max(peak, process.memory_info().rss)
    assert (peak - before) / MEBIBYTE < MOST_MEBIBYTES


@pytest.mark.slow
def test_unfinished_messages_take_no_more_memory_than_was_sent(server: Process) -> None:
    """As many as one connection may have; others are answered meanwhile, and its end frees the memory."""
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    address = f"127.0.0.1:{server.port}"
    request = pb.RecommendationRequest(user_id=1, any_category=True)
    for _ in range(3):
        with SilentClient(address) as silent, grpc.insecure_channel(address) as channel:
            for _ in range(MAX_STREAMS):
                silent.open_unfinished("/Recommendations/UpsertBooks", bytes(MAX_REQUEST_BYTES))
            assert pb_grpc.RecommendationsStub(channel).Recommend(request, timeout=DEADLINE).recommendations
            assert process.memory_info().rss - before < 1.5 * MAX_STREAMS * MAX_REQUEST_BYTES
