"""The shop of deploy/compose.yaml in containers of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.processes import DEADLINE, ROOT, await_that

PROJECT = "books-deploy-test"
FRONT = "10.83.30"
FIRST, SECOND = f"{PROJECT}-1", f"{PROJECT}-2"
"""Versions of the images."""
BUILT = ("recommendations", "marketplace", "notices", "previews", "live")
STARTED = {
    *("nginx-1", "nginx-2", "marketplace-1", "marketplace-2", "relay", "recommendations-1", "recommendations-2"),
    *("notices", "previews", "live", "payments", "postgres", "rabbitmq", "prometheus"),
}
COMMAND_SECONDS = 900


class Fleet:
    """A copy of the working tree, whose scripts are run with ports, images and a network of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        self.port, http_port, prometheus_port = _free_ports(3)
        self._environment = {
            **os.environ,
            "COMPOSE_PROJECT_NAME": PROJECT,
            "DOMAIN": f"localhost:{self.port}",
            "FRONT": FRONT,
            "PROMETHEUS_PORT": str(prometheus_port),
            "VERSION": FIRST,
        }
        _copy_files(self.folder)
        _replace(self.folder / "deploy/nginx/nginx.conf", {" 443 ": f" {self.port} ", " 80 ": f" {http_port} "})
        # So that there is a new image of nginx, too.
        _replace(self.folder / "deploy/compose.yaml", {"nginx:stable": "${VERSION}-nginx"})
        for version in (FIRST, SECOND):
            _docker("tag", "nginx:stable", f"{version}-nginx")

    @property
    def shop(self) -> str:
        """The address of the home page, without the slash at its end."""
        return f"https://localhost:{self.port}"

    @property
    def certificate(self) -> Path:
        """The certificate that `up` made, which clients must trust."""
        return self.folder / "deploy/certificates/fullchain.pem"

    def secret(self, name: str) -> str:
        """What the file of a secret has."""
        return (self.folder / "deploy/secrets" / name).read_text(encoding="utf-8").strip()

    def up(self) -> None:
        """Start what does not run, and replace what is not of the current version."""
        self.script("up")

    def change_version(self) -> None:
        """Let `up` use other images from now on."""
        self._environment["VERSION"] = SECOND if self._environment["VERSION"] == FIRST else FIRST

    def script(self, name: str, *arguments: str | Path) -> str:
        """Run a script of deploy/, which must succeed; returns what it printed."""
        return self._run(str(self.folder / "deploy" / name), *map(str, arguments))

    def compose(self, *arguments: str) -> str:
        """Run docker-compose for compose.yaml."""
        # As the scripts do.
        return self._run("bash", "-c", '. deploy/common; compose "$@"', "-", *arguments)

    def containers(self) -> dict[str, dict[str, Any]]:
        """What Docker says of each service's container."""
        ids = self.compose("ps", "--all", "--quiet").split()
        described = json.loads(_docker("inspect", *ids)) if ids else []
        return {each["Config"]["Labels"]["com.docker.compose.service"]: each for each in described}

    def not_well(self) -> list[str]:
        """The services whose container is neither healthy nor, without a health check, running."""
        return sorted(STARTED - {name for name, container in self.containers().items() if _is_well(container)})

    def await_well(self) -> None:
        """Wait until all services are well."""
        await_that(lambda: not self.not_well(), seconds=5 * DEADLINE, show=self.not_well)

    def kill(self, service: str) -> None:
        """End the main process of a container by SIGKILL, as a crash would: Docker starts it again."""
        pid = self.containers()[service]["State"]["Pid"]
        assert pid
        os.kill(pid, signal.SIGKILL)

    def database_url(self, name: str, role: str) -> str:
        """The address of a database for a role of compose.yaml's, as it is reached from outside the containers."""
        networks = self.containers()["postgres"]["NetworkSettings"]["Networks"]
        address = networks[f"{PROJECT}_data"]["IPAddress"]
        return self.secret(f"{name}_{role}_url").replace("@postgres/", f"@{address}/")

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
        return done.stdout


@contextmanager
def fleet(folder: Path) -> Iterator[Fleet]:
    """A shop that is not started; its containers, volumes and images are removed afterwards."""
    shop = Fleet(folder)
    try:
        yield shop
    finally:
        shop.script("down", "--volumes", "--remove-orphans")
        images = [f"book-marketplace-{name}:{version}" for name in BUILT for version in (FIRST, SECOND)]
        # Those of a version that was not started do not exist.
        subprocess.run(
            ["docker", "image", "rm", *images, f"{FIRST}-nginx", f"{SECOND}-nginx"], capture_output=True, check=False
        )


def _is_well(container: dict[str, Any]) -> bool:
    state = container["State"]
    return bool(state["Running"] and state.get("Health", {"Status": "healthy"})["Status"] == "healthy")


def _copy_files(folder: Path) -> None:
    """Copy what git would have: not the operator's secrets, and no data."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def _replace(file: Path, replacements: dict[str, str]) -> None:
    text = file.read_text(encoding="utf-8")
    for old, new in replacements.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


def _free_ports(count: int) -> Sequence[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout
