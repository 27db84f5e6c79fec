"""Recommendations on several addresses, on IPv6, and on a Unix socket."""

from contextlib import closing
from pathlib import Path

import pytest

from marketplace.domain.recommendations import RecommendationRequest
from marketplace.gateways.channel import target
from marketplace.gateways.recommender import GrpcRecommender
from tests.e2e.processes import Command, await_serving

pytestmark = pytest.mark.slow


def test_hosts_and_a_unix_socket(tmp_path: Path) -> None:
    """All answer; `health` asks the first; a second server is refused; after SIGKILL the next one replaces the
    socket, where the shop reaches it; SIGTERM removes it."""
    path = tmp_path / "a.sock"
    settings = {
        "RECOMMENDATIONS_DATA_DIR": str(tmp_path / "data"),
        "RECOMMENDATIONS_PORT": "0",
        "RECOMMENDATIONS_BIND": f"unix:{path},127.0.0.1,[::1]",
    }
    server = Command("recommendations", ["start"], settings)
    try:
        port = server.await_output(rf"listens on unix:{path}, 127\.0\.0\.1:(\d+), \[::1\]:\1\n")[1]
        for address in (f"127.0.0.1:{port}", f"[::1]:{port}", f"unix:{path}"):
            await_serving(address)
        assert Command("recommendations", ["health"], settings).require_success() == "serving\n"
        with pytest.raises(AssertionError, match=f"cannot listen on unix:{path}: a server listens there"):
            Command("recommendations", ["serve"], settings).require_success()
    finally:
        server.kill()
    assert path.exists()
    server = Command("recommendations", ["serve"], settings)
    try:
        await_serving(f"unix:{path}")
        with closing(GrpcRecommender(target(f"unix:{path}", 1), timeout=10.0)) as recommender:
            (shelf,) = recommender.recommend(0, [RecommendationRequest(None, 10)])
        assert len(shelf.recommendations) == 10
    finally:
        assert server.stop() == 0
    assert not path.exists()
