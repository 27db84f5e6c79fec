"""Tests of payments.cli and payments.serving as processes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.processes import ROOT, Process

pytestmark = pytest.mark.slow


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Settings for a provider of this test's own, on a free port."""
    return {"PAYMENTS_DATA_DIR": str(tmp_path / "new"), "PAYMENTS_PORT": "0"}


@pytest.fixture
def provider(environment: dict[str, str]) -> Iterator[Process]:
    """A started provider."""
    process = Process("payments", environment)
    yield process
    process.kill()


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "payments", *arguments]
    variables = {**os.environ, **environment}
    return subprocess.run(command, env=variables, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_it_starts_as_a_demo_and_stops_cleanly(provider: Process, environment: dict[str, str]) -> None:
    """It creates its database; SIGTERM ends it with 0 and without a traceback."""
    health = run(environment | {"PAYMENTS_PORT": str(provider.port)}, "health")
    assert (health.returncode, health.stdout) == (0, "alive\n")
    assert provider.stop() == 0
    log = "".join(provider.log)
    assert "IT TAKES NO MONEY" in log
    assert "Traceback" not in log
    assert run(environment | {"PAYMENTS_PORT": str(provider.port)}, "health").returncode == 1
    # Nor does it silently begin anew, or let others read what it stores.
    folder = Path(environment["PAYMENTS_DATA_DIR"])
    assert [path for path in (folder, *folder.iterdir()) if path.stat().st_mode & 0o077] == []
    (folder / "payments.db").write_bytes(b"")
    restarted = run(environment, "start")
    assert restarted.returncode == 1
    assert "the database payments.db is missing or empty" in restarted.stderr


def test_a_port_in_use_is_reported(provider: Process, environment: dict[str, str]) -> None:
    """One line that names the port and the setting."""
    result = run(environment | {"PAYMENTS_PORT": str(provider.port)}, "start")
    assert result.returncode == 1
    assert re.fullmatch(
        r"Error: cannot listen on 127\.0\.0\.1:\d+: the address is in use.*PAYMENTS_PORT\n", result.stderr
    )


@pytest.mark.parametrize(
    ("variable", "value", "status", "named"),
    [
        ("PAYMENTS_BIND", "203.0.113.1", 1, "PAYMENTS_BIND"),
        ("PAYMENTS_DATA_DIR", "/dev/null/x", 1, "/dev/null"),
        ("PAYMENTS_DECLINES", "2", 2, "PAYMENTS_DECLINES"),
    ],
)
def test_an_impossible_setting_is_reported_in_one_line(
    environment: dict[str, str], variable: str, value: str, status: int, named: str
) -> None:
    """The setting or the file is named, and nothing is served."""
    result = run(environment | {variable: value}, "start")
    assert result.returncode == status
    assert named in result.stderr
    assert len(result.stderr.splitlines()) == 1
