"""The addresses of the server, over the wire."""

import socket
import stat
from pathlib import Path
from typing import cast

import grpc
import pytest

from protobufs import recommendations_pb2 as pb
from protobufs import recommendations_pb2_grpc as pb_grpc
from recommendations.api.server import create_server
from recommendations.service import RecommendationService
from servicekit.errors import AddressInUse
from servicekit.grpc.server import Server
from tests.recommendations.api.conftest import Start
from tests.recommendations.fakes import FakeService

DEADLINE = 20
SERVICE = cast("RecommendationService", FakeService())


def recommend(target: str) -> None:
    """Make a call. Raises grpc.RpcError."""
    with grpc.insecure_channel(target) as channel:
        pb_grpc.RecommendationsStub(channel).Recommend(pb.RecommendationRequest(), timeout=DEADLINE)


def started(*hosts: str) -> Server:
    server = create_server(SERVICE, hosts, 0)
    server.start()
    return server


def test_several_addresses(tmp_path: Path) -> None:
    """All hosts have the port that the system chose for the first one, and a Unix socket beside them works too."""
    path = tmp_path / "a.sock"
    server = started(f"unix:{path}", "127.0.0.1", "::1")
    for target in (f"127.0.0.1:{server.port}", f"[::1]:{server.port}", f"unix:{path}", f"unix://{path}"):
        recommend(target)
    server.stop()
    assert not path.exists()


def test_a_unix_socket_is_for_its_user_and_group(start: Start, tmp_path: Path) -> None:
    """Others can neither call nor see more than that it is there."""
    path = tmp_path / "a.sock"
    start(host=f"unix:{path}").stub.Recommend(pb.RecommendationRequest(), timeout=DEADLINE)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_the_unix_socket_of_a_living_server_is_refused(start: Start, tmp_path: Path) -> None:
    """grpcio alone would take it away; the first server keeps it."""
    first = start(host=f"unix:{tmp_path}/a.sock")
    with pytest.raises(AddressInUse, match=r"a\.sock: a server listens there"):
        create_server(SERVICE, [first.address], 0)
    recommend(first.address)


def test_the_unix_socket_of_a_dead_server_is_replaced(tmp_path: Path) -> None:
    """A server that was killed leaves its file."""
    path = tmp_path / "a.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()
    server = started(f"unix:{path}")
    recommend(f"unix:{path}")
    server.stop()


@pytest.mark.parametrize("name", ["file", "missing/a.sock", "x" * 120])
def test_a_unix_socket_that_cannot_be_made(tmp_path: Path, name: str) -> None:
    """A file that is no socket stays as it is; a missing folder and a long path are named."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(AddressInUse, match=f"cannot listen on unix:{tmp_path}/{name}: "):
        create_server(SERVICE, [f"unix:{tmp_path}/{name}"], 0)
    assert (tmp_path / "file").read_text() == "mine"
