"""The README's examples, run unchanged."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.e2e.processes import ROOT, Pair
from tests.system_requirements import grpcurl

pytestmark = pytest.mark.slow

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(heading: str, language: str) -> list[str]:
    """The code blocks of a language under a heading."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert section is not None, heading
    return re.findall(rf"^```{language}\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL)


@pytest.mark.grpcurl
def test_tour_by_grpcurl(pair: Pair, tmp_path: Path) -> None:
    """The commands list the services, recommend, record a click and show the changed list."""
    script = "\n".join(blocks("A tour by grpcurl", "sh")).replace("localhost:50051", pair.grpc_address)
    (tmp_path / "grpcurl").symlink_to(str(grpcurl()))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "grpc.health.v1.Health" in done.stdout
    assert "KIND_POPULAR" in done.stdout
    assert "OUTCOME_STORED" in done.stdout
    assert "KIND_BECAUSE_OF_BOOKS" in done.stdout.split("OUTCOME_STORED")[1]


def test_python_client(pair: Pair) -> None:
    """The client prints books with their reasons."""
    (program,) = blocks("The same from Python", "python")
    done = subprocess.run(
        [ROOT / ".venv/bin/python", "-c", program.replace("localhost:50051", pair.grpc_address)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= 3
