"""Recommendations with mutual TLS, tokens and two workers, as an operator sets it up."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from marketplace.app import connect
from marketplace.domain.errors import RecommenderUnavailable
from marketplace.domain.recommendations import RecommendationRequest
from marketplace.settings import Settings as MarketplaceSettings
from servicekit.settings import read_settings
from tests.certificates import Authority, Pair
from tests.e2e.processes import ROOT, Command, await_serving, await_that
from tests.system_requirements import grpcurl

pytestmark = pytest.mark.slow

REVOKED_SECONDS = 1.0
LIST = RecommendationRequest(None, 10)


@dataclass(frozen=True)
class Secured:
    """A running server, and what its clients need."""

    settings: dict[str, str]
    port: str
    authority: Authority
    client: Pair

    def run(self, *arguments: str) -> str:
        """Run a command of the service; returns what it printed."""
        return Command("recommendations", arguments, self.settings).require_success().strip()

    def shop_settings(self, token: str) -> dict[str, str]:
        return {
            "RECOMMENDATIONS_HOST": "127.0.0.1",
            "RECOMMENDATIONS_PORT": self.port,
            "RECOMMENDATIONS_TOKEN": token,
            "RECOMMENDATIONS_TLS_CA": str(self.authority.file),
            "RECOMMENDATIONS_TLS_CLIENT_CERTIFICATE": str(self.client.certificate),
            "RECOMMENDATIONS_TLS_CLIENT_KEY": str(self.client.key),
            "MARKETPLACE_RECOMMENDATIONS_TIMEOUT_MS": "10000",
        }


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured")
    authority = Authority(folder / "ca")
    files = authority.server_files(mutual=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        health_port = free.getsockname()[1]
    settings = {
        "RECOMMENDATIONS_DATA_DIR": str(folder / "data"),
        "RECOMMENDATIONS_PORT": "0",
        "RECOMMENDATIONS_HEALTH_PORT": str(health_port),
        "RECOMMENDATIONS_WORKERS": "2",
        "RECOMMENDATIONS_REQUIRE_TOKENS": "true",
        "RECOMMENDATIONS_TLS_CERTIFICATE": str(files.certificate),
        "RECOMMENDATIONS_TLS_KEY": str(files.key),
        "RECOMMENDATIONS_TLS_CLIENT_CA": str(files.client_ca),
    }
    server = Command("recommendations", ["start"], settings)
    try:
        port = server.await_output(r"listens on \S+:(\d+)\n")[1]
        await_serving(f"127.0.0.1:{health_port}")
        yield Secured(settings, port, authority, authority.issue("client"))
    finally:
        assert server.stop() == 0
    assert "Traceback" not in server.output


@pytest.mark.grpcurl
def test_grpcurl(secured: Secured) -> None:
    """With a certificate it lists the methods without a token, and calls what its token allows; without one it is not
    answered at all."""
    token = secured.run("token", "add", "grpcurl", "--scope", "recommend")
    tls = ["-cacert", str(secured.authority.file)]
    own = ["-cert", str(secured.client.certificate), "-key", str(secured.client.key)]
    header = ["-H", f"authorization: Bearer {token}"]

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [str(grpcurl()), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)

    def call(method: str, *options: str) -> "subprocess.CompletedProcess[str]":
        return run(*options, "-d", '{"user_id": 1}', f"127.0.0.1:{secured.port}", f"Recommendations/{method}")

    assert "Recommendations" in run(*tls, *own, f"127.0.0.1:{secured.port}", "list").stdout
    answered = call("Recommend", *tls, *own, *header)
    assert answered.returncode == 0, answered.stderr
    assert json.loads(answered.stdout)["recommendations"]
    assert "Code: Unauthenticated" in call("Recommend", *tls, *own).stderr
    assert "The token grpcurl has no scope record" in call("ListInteractions", *tls, *own, *header).stderr
    for options in ([*tls, *header], ["-plaintext", *header]):
        assert "Failed to dial" in call("Recommend", *options).stderr


def test_health_needs_neither(secured: Secured) -> None:
    """The command, and the program of the image, which imports nothing."""
    assert secured.run("health") == "serving"
    program = ["-I", "-S", "servicekit/serving/health_check.py", "recommendations", "50051", "Recommendations"]
    subprocess.run([sys.executable, *program], cwd=ROOT, env=os.environ | secured.settings, timeout=30, check=True)


def test_the_shop(secured: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its settings lead to lists; a token that is revoked is refused within a second, by every worker."""
    token = secured.run("token", "add", "shop", "--scope", "recommend", "--scope", "record")
    for name, value in secured.shop_settings(token).items():
        monkeypatch.setenv(name, value)
    settings = read_settings(MarketplaceSettings)
    # Each has a connection of its own, which either worker may accept.
    clients = [connect(settings) for _ in range(6)]

    def is_refused(number: int) -> bool:
        try:
            clients[number].recommend(0, [LIST])
        except RecommenderUnavailable as error:
            return error.code == "UNAUTHENTICATED"
        return False

    await_that(lambda: not any(map(is_refused, range(len(clients)))))
    assert all(len(client.recommend(0, [LIST])[0].recommendations) == LIST.limit for client in clients)
    secured.run("token", "revoke", "shop")
    await_that(lambda: all(map(is_refused, range(len(clients)))), seconds=REVOKED_SECONDS)
    for client in clients:
        client.close()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_certificate_that_cannot_be_read(tmp_path: Path, workers: str) -> None:
    """The service does not start: one line names the file. Before that it warns that it would answer everybody."""
    settings = {
        "RECOMMENDATIONS_DATA_DIR": str(tmp_path),
        "RECOMMENDATIONS_BIND": "0.0.0.0",
        "RECOMMENDATIONS_PORT": "0",
        "RECOMMENDATIONS_WORKERS": workers,
        "RECOMMENDATIONS_TLS_CERTIFICATE": str(tmp_path / "missing.pem"),
        "RECOMMENDATIONS_TLS_KEY": str(tmp_path / "missing.key"),
    }
    Command("recommendations", ["migrate"], settings).require_success()
    with pytest.raises(AssertionError, match=r"Error: cannot read \S+missing\.pem: No such file") as failed:
        Command("recommendations", ["serve"], settings).require_success()
    assert "event=callers_not_authenticated" in str(failed.value)
    assert "Traceback" not in str(failed.value)
