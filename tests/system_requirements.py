"""What tests need beyond Python packages, and whether this machine has it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

VENV_BIN = Path(sys.executable).parent


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


def book_data() -> Path | None:
    """The folder of real data that BOOK_DATA names."""
    folder = Path(os.environ.get("BOOK_DATA", "/nonexistent"))
    return folder if (folder / "amazon-book").is_dir() else None


def postgresql() -> str | None:
    """The server that TEST_POSTGRESQL_URL names, or `embedded`."""
    if named := os.environ.get("TEST_POSTGRESQL_URL"):
        return named
    return "embedded" if sys.platform != "win32" else None


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
    "book_data": Requirement("the folder of real data that BOOK_DATA names", book_data),
}
OPTIONAL_IN_CI = {"book_data"}
