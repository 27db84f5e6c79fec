"""Live as a process: commands, health, and its end."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from live.web import GOING_AWAY
from tests.e2e.processes import ROOT, Process
from tests.live.running import closing_code, ticket

pytestmark = pytest.mark.slow

Environment = dict[str, str]


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """Settings for a service of this test's own."""
    return {"SECRETS_DIR": str(tmp_path / "secrets"), "LIVE_PORT": "0"}


@pytest.fixture
def process(environment: Environment) -> Iterator[Process]:
    """A started service."""
    process = Process("live", environment)
    yield process
    process.kill()


def run(environment: Environment, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "live", *arguments]
    variables = {**os.environ, **environment}
    return subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_it_starts_and_stops(process: Process, environment: Environment, tmp_path: Path) -> None:
    """It makes the secret that it shares with the shop, is healthy, closes connections at SIGTERM, ends with 0."""
    mine = environment | {"LIVE_PORT": str(process.port)}
    assert run(mine, "health").stdout == "alive\n"
    signed = ticket(secret=(tmp_path / "secrets" / "live").read_text())
    url = f"ws://127.0.0.1:{process.port}/live"
    names = [Subprotocol("live"), Subprotocol(signed)]
    with connect(url, origin=Origin("http://localhost:5001"), subprotocols=names, proxy=None) as socket:
        process.terminate()
        assert closing_code(socket) == GOING_AWAY
    assert process.stop() == 0
    assert process.output == f"Live listens on 127.0.0.1:{process.port}\n"
    assert run(mine, "health").returncode == 1


def test_what_it_cannot_use(process: Process, environment: Environment, tmp_path: Path) -> None:
    """A port in use, a malformed secret and malformed settings are one line each, which names the setting."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "live").write_text("junk")
    for wrong, code, text in (
        ({"LIVE_PORT": str(process.port)}, 1, "see LIVE_BIND and LIVE_PORT"),
        ({"SECRETS_DIR": str(tmp_path / "other")}, 1, "see LIVE_SECRET and SECRETS_DIR"),
        ({"LIVE_SECRET": "whsec_short"}, 2, "LIVE_SECRET"),
        ({"LIVE_ORIGINS": "localhost:5001"}, 2, "LIVE_ORIGINS"),
    ):
        refused = run(environment | wrong, "start")
        assert (refused.returncode, text in refused.stderr, "Traceback" in refused.stderr) == (code, True, False)
