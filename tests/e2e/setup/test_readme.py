"""The README's lines, run as they stand."""

import re
import subprocess
from pathlib import Path

import pytest

from marketplace.settings import Settings as MarketplaceSettings
from payments.settings import Settings as PaymentsSettings
from recommendations.settings import Settings
from servicekit.settings import ServiceSettings, variable
from tests.e2e.processes import ROOT, Pair
from tests.system_requirements import grpcurl

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(heading: str, language: str) -> list[str]:
    """The code blocks of one language under a heading."""
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert section is not None, heading
    return re.findall(rf"^```{language}\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.grpcurl
def test_tour_by_grpcurl(pair: Pair, tmp_path: Path) -> None:
    """Pasted into a shell, the tour lists the services, recommends, records a click and shows the changed list."""
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


@pytest.mark.slow
def test_python_client(pair: Pair) -> None:
    """The client that the README shows prints books with their reasons."""
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


@pytest.mark.parametrize("kind", [Settings, MarketplaceSettings, PaymentsSettings])
def test_every_setting_is_listed_with_its_default(kind: type[ServiceSettings]) -> None:
    """The table of settings names every environment variable with its default."""
    for name, field in kind.model_fields.items():
        default = (
            ""
            if field.default is None
            else str(field.default).lower()
            if isinstance(field.default, bool)
            else str(field.default)
        )
        row = rf"^\| `{variable(kind, name)}` \| {f'`{re.escape(default)}`' if default else ''} ?\|"
        assert re.search(row, README, re.MULTILINE), f"{variable(kind, name)} with default {default!r}"


def test_files_that_it_links_exist() -> None:
    """Every relative link leads to a file of the project."""
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", README):
        assert (ROOT / link).exists(), link
