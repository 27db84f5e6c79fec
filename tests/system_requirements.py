"""What tests need beyond Python packages, and whether this machine has it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

VENV_BIN = Path(sys.executable).parent
LANGUAGES = Path(__file__).parent / "contract" / "languages"


def chromium() -> str | None:
    """The path of a Chromium or Chrome."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def grpcurl() -> str | None:
    """The path of grpcurl, on PATH or beside this Python."""
    return shutil.which("grpcurl") or shutil.which("grpcurl", path=str(VENV_BIN))


def docker_compose() -> str | None:
    """The path of docker-compose, if a Docker engine runs."""
    path = shutil.which("docker-compose")
    if path is None or shutil.which("docker") is None:
        return None
    runs = subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0
    return path if runs else None


def rabbitmq() -> bool:
    """Whether there are RabbitMQ's server and Erlang's name server."""
    return all(map(shutil.which, ("rabbitmq-server", "epmd")))


def prometheus() -> bool:
    """Whether there are Prometheus and its promtool."""
    return all(map(shutil.which, ("prometheus", "promtool")))


def kubernetes() -> str | None:
    """The cluster that TEST_KUBECONFIG names, if kubectl is there, and TEST_CLUSTER_DNS names its DNS."""
    return shutil.which("kubectl") and os.environ.get("TEST_CLUSTER_DNS") and os.environ.get("TEST_KUBECONFIG")


def envoy() -> str | None:
    """The path of Envoy, on PATH or beside this Python."""
    return shutil.which("envoy") or shutil.which("envoy", path=str(VENV_BIN))


def book_data() -> Path | None:
    """The folder of real data that BOOK_DATA names."""
    folder = Path(os.environ.get("BOOK_DATA", "/nonexistent"))
    return folder if (folder / "amazon-book").is_dir() else None


def postgresql() -> str | None:
    """The server that TEST_POSTGRESQL_URL names, or `embedded`."""
    if named := os.environ.get("TEST_POSTGRESQL_URL"):
        return named
    return "embedded" if sys.platform != "win32" else None


def go() -> bool:
    """Whether there is Go, with the modules that the client in Go needs in its cache."""
    if shutil.which("go") is None:
        return False
    offline = {"GOPROXY": "off", "GOTOOLCHAIN": "local"}
    command = ["go", "mod", "download"]
    done = subprocess.run(command, cwd=LANGUAGES / "go", env=os.environ | offline, capture_output=True, check=False)
    return done.returncode == 0


def java() -> bool:
    """Whether there are protoc, a Java compiler, and the jar of protobuf that PROTOBUF_JAVA names."""
    jar = Path(os.environ.get("PROTOBUF_JAVA", "/nonexistent"))
    return jar.is_file() and all(map(shutil.which, ("protoc", "javac", "java")))


def node() -> bool:
    """Whether there is Node.js, with the packages that the client in JavaScript needs."""
    return shutil.which("node") is not None and (LANGUAGES / "node" / "node_modules" / "@grpc").is_dir()


@dataclass(frozen=True)
class Requirement:
    """What tests with a marker need; `find` returns something false if this machine lacks it."""

    what: str
    find: Callable[[], object]


REQUIREMENTS = {
    "browser": Requirement("Chromium (Debian: chromium)", chromium),
    "grpcurl": Requirement("grpcurl", grpcurl),
    "compose": Requirement("docker-compose and a running Docker engine", docker_compose),
    "postgresql": Requirement("PostgreSQL (a package, or the server that TEST_POSTGRESQL_URL names)", postgresql),
    "rabbitmq": Requirement("RabbitMQ (Debian: rabbitmq-server)", rabbitmq),
    "prometheus": Requirement("Prometheus (Debian: prometheus)", prometheus),
    "kubernetes": Requirement("a Kubernetes cluster that TEST_KUBECONFIG names, and TEST_CLUSTER_DNS", kubernetes),
    "envoy": Requirement("Envoy", envoy),
    "go": Requirement("Go, after `go mod download` in tests/contract/languages/go", go),
    "java": Requirement("protoc, javac, and PROTOBUF_JAVA, which names the jar of the same version", java),
    "node": Requirement("Node.js, after `npm ci` in tests/contract/languages/node", node),
    "book_data": Requirement("the folder of real data that BOOK_DATA names", book_data),
}
OPTIONAL_IN_CI = {"book_data", "go", "java", "kubernetes", "node"}
