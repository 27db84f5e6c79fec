"""The shop as a real process, connected to a running Recommendations."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.load.processes import PROJECT, Child, Sandbox, python
from bench.load.recommendations_process import RunningServer

_OPEN = "Marketplace is open at "


@dataclass(frozen=True)
class RunningShop:
    """The shop's process, its address without a path, and its settings."""

    child: Child
    url: str
    settings: Mapping[str, str]

    @property
    def port(self) -> int:
        """The port it listens on."""
        port = urlsplit(self.url).port
        if port is None:
            raise ValueError(f"no port in {self.url!r}")
        return port


def open_shop(
    sandbox: Sandbox,
    recommendations: RunningServer,
    further: Mapping[str, str] | None = None,
    *,
    name: str = "marketplace",
    checkout: Path = PROJECT,
) -> RunningShop:
    """Start the shop of a checkout with the starter catalogue and `further` settings, on a free port.

    `name` is that of its data folder. Raises ChildFailed.
    """
    settings = {
        "MARKETPLACE_DATA_DIR": str(sandbox.folder / name),
        "MARKETPLACE_PORT": "0",
        "SECRETS_DIR": str(sandbox.folder / "secrets"),
        "RECOMMENDATIONS_HOST": "127.0.0.1",
        "RECOMMENDATIONS_PORT": str(recommendations.port),
        **(further or {}),
    }
    child = sandbox.start(*python("marketplace", "start"), settings=settings, checkout=checkout)
    return RunningShop(child, child.wait_for(_OPEN), settings)
