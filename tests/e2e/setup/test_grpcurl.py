"""The server used by grpcurl with reflection."""

import json
import re
import subprocess
from typing import Any

import pytest

from servicekit.grpc.reflection import V1, V1ALPHA
from tests.e2e.processes import Pair
from tests.system_requirements import VENV_BIN, grpcurl

pytestmark = [pytest.mark.slow, pytest.mark.grpcurl]


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run grpcurl without TLS."""
    command = [str(grpcurl()), "-plaintext", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def call(address: str, method: str, request: dict[str, Any]) -> Any:
    """Call a method and return the answer's JSON."""
    done = run("-d", json.dumps(request), address, method)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_lists_services(pair: Pair) -> None:
    """`list` prints the service, health and both versions of reflection."""
    listed = run(pair.grpc_address, "list").stdout.split()
    assert listed == ["Recommendations", "grpc.health.v1.Health", V1, V1ALPHA]


def test_describes_the_contract(pair: Pair) -> None:
    """`describe` prints the methods and the old fields under their old numbers."""
    assert "rpc Recommend ( .RecommendationRequest )" in run(pair.grpc_address, "describe", "Recommendations").stdout
    request = run(pair.grpc_address, "describe", "RecommendationRequest").stdout
    assert "int32 max_results = 3;" in request


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_buf_lists_the_services(pair: Pair, version: str) -> None:
    """`buf curl` finds them by either version of reflection."""
    options = ["--protocol", "grpc", "--http2-prior-knowledge", "--reflect-protocol", f"grpc-{version}"]
    command = [str(VENV_BIN / "buf"), "curl", *options, "--list-services", f"http://{pair.grpc_address}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout.split() == ["Recommendations", "grpc.health.v1.Health", V1, V1ALPHA], done.stderr


def test_recommends_records_and_reacts(pair: Pair) -> None:
    """A recorded click changes the reader's next list, with the clicked book as the reason."""
    reader = {"user_id": 700_000_001, "any_category": True, "max_results": 5}
    before = call(pair.grpc_address, "Recommendations/Recommend", reader)
    click = {"id": "e2e-1", "user_id": 700_000_001, "book_id": 6, "kind": "KIND_CLICK"}
    recorded = call(pair.grpc_address, "Recommendations/RecordInteractions", {"interactions": [click]})
    after = call(pair.grpc_address, "Recommendations/Recommend", reader)
    assert {book["reason"]["kind"] for book in before["recommendations"]} == {"KIND_POPULAR"}
    assert recorded["results"] == [{"outcome": "OUTCOME_STORED"}]
    assert all(book["reason"]["books"][0]["id"] == 6 for book in after["recommendations"])
    assert before["recommendations"] != after["recommendations"]


def test_errors_name_the_field(pair: Pair) -> None:
    """grpcurl prints the BadRequest of a malformed request."""
    done = run("-d", '{"max_results": -1}', pair.grpc_address, "Recommendations/Recommend")
    assert "Code: InvalidArgument" in done.stderr
    # protobuf-go writes a space after colons or not, by build.
    assert '"field":"max_results"' in re.sub(r"\s", "", done.stderr)


def test_health(pair: Pair) -> None:
    """The health service says SERVING."""
    answer = call(pair.grpc_address, "grpc.health.v1.Health/Check", {"service": "Recommendations"})
    assert answer == {"status": "SERVING"}
