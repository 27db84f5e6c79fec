"""The commands and the server of Recommendations as real processes."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from bench.load.processes import PROJECT, Child, ChildFailed, Finished, Sandbox

MODULE = "recommendations"
SERVICE = "Recommendations"
_LISTENS = "Recommendations listens on 127.0.0.1:"
_CHANNEL_OPTIONS = (
    ("grpc.initial_reconnect_backoff_ms", 20),
    ("grpc.min_reconnect_backoff_ms", 20),
    ("grpc.max_reconnect_backoff_ms", 20),
    ("grpc.use_local_subchannel_pool", 1),
)


@dataclass(frozen=True)
class RunningServer:
    """A server and the port it listens on."""

    child: Child
    port: int


class RecommendationsFolder:
    """A data folder of the service, with which the commands of a checkout are run."""

    def __init__(self, sandbox: Sandbox, name: str = "recommendations", *, checkout: Path = PROJECT) -> None:
        self._sandbox = sandbox
        self._checkout = checkout
        # Another checkout may need other versions of the libraries.
        self._python = sys.executable if checkout == PROJECT else str(checkout / ".venv" / "bin" / "python")
        self.path = sandbox.folder / name

    def run(self, *arguments: str) -> Finished:
        """Run one command to its end. Raises ChildFailed."""
        command = (self._python, "-m", MODULE, *arguments)
        return self._sandbox.run(*command, settings=self._settings(port=0), checkout=self._checkout)

    def start(self, *arguments: str) -> Child:
        """Start one command without waiting for its end."""
        command = (self._python, "-m", MODULE, *arguments)
        return self._sandbox.start(*command, settings=self._settings(port=0), checkout=self._checkout)

    def serve(
        self,
        command: str = "serve",
        *,
        port: int = 0,
        workers: int = 1,
        module: tuple[str, ...] = (MODULE,),
        require_tokens: bool = False,
    ) -> RunningServer:
        """Start the server and wait until it listens; it may not be ready yet. Raises ChildFailed."""
        settings = {
            **self._settings(port=port),
            "RECOMMENDATIONS_WORKERS": str(workers),
            "RECOMMENDATIONS_REQUIRE_TOKENS": str(require_tokens),
        }
        child = self._sandbox.start(self._python, "-m", *module, command, settings=settings, checkout=self._checkout)
        return RunningServer(child, int(child.wait_for(_LISTENS, seconds=120)))

    def _settings(self, *, port: int) -> Mapping[str, str]:
        return {"RECOMMENDATIONS_DATA_DIR": str(self.path), "RECOMMENDATIONS_PORT": str(port)}


def wait_until_serving(server: RunningServer, seconds: float = 60.0) -> None:
    """Wait until health says SERVING. Raises ChildFailed."""
    request = health_pb2.HealthCheckRequest(service=SERVICE)
    give_up = time.monotonic() + seconds
    with grpc.insecure_channel(f"127.0.0.1:{server.port}", options=_CHANNEL_OPTIONS) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        while time.monotonic() < give_up:
            try:
                if stub.Check(request, timeout=1.0).status == health_pb2.HealthCheckResponse.SERVING:
                    return
            except grpc.RpcError:
                server.child.require_running()
            time.sleep(0.005)
    raise ChildFailed(f"not SERVING within {seconds:g} s:\n{server.child.output()[-2000:]}")


def import_and_train(folder: RecommendationsFolder, books: Path, interactions: Path) -> None:
    """Import the files and train a model without a search for parameters. Raises ChildFailed."""
    folder.run("import", "--books", str(books), "--interactions", str(interactions))
    folder.run("train", "--budget", "0")
