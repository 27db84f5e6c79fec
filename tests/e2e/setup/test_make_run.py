"""`make run`, and how it ends."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from tests.e2e.processes import DEADLINE, ROOT, await_that

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="make and signals")]

SERVICES = ("recommendations", "marketplace", "payments", "notices", "previews", "live")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of all tests here: only the first start trains a model."""
    return tmp_path_factory.mktemp("make-run")


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Handle SIGINT by default: a background process, such as in CI, and its children may ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def environment(folder: Path) -> dict[str, str]:
    """Settings of all services with their data in a folder and free ports."""
    settings = {f"{name.upper()}_DATA_DIR": str(folder / name) for name in SERVICES}
    with ExitStack() as stack:
        for name in SERVICES:
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            settings[f"{name.upper()}_PORT"] = str(listener.getsockname()[1])
    settings["SECRETS_DIR"] = str(folder / "secrets")
    settings["MARKETPLACE_NOTICES_URL"] = f"http://127.0.0.1:{settings['NOTICES_PORT']}/events"
    settings["MARKETPLACE_PAYMENTS_URL"] = f"http://127.0.0.1:{settings['PAYMENTS_PORT']}"
    return {**os.environ, **settings}


def command_of(process: psutil.Process) -> list[str]:
    """The arguments of a process; none when it has ended, as the `sleep` of the recipe does all the time."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


@pytest.mark.parametrize(
    "stop",
    [
        pytest.param(lambda pid: os.kill(pid, signal.SIGTERM), id="SIGTERM to make alone"),
        pytest.param(lambda pid: os.kill(pid, signal.SIGINT), id="SIGINT to make alone"),
        pytest.param(lambda pid: os.kill(pid, signal.SIGKILL), id="SIGKILL to make alone"),
        pytest.param(lambda pid: os.killpg(pid, signal.SIGINT), id="Ctrl-C"),
    ],
)
def test_a_signal_ends_everything(stop: Callable[[int], None], folder: Path, tmp_path: Path) -> None:
    """However `make run` is stopped, all processes that it started end."""
    log = tmp_path / "log"
    with log.open("wb") as output:
        make = subprocess.Popen(
            ["make", "--assume-old=.venv/run", "run"],
            cwd=ROOT,
            env=environment(folder),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started: list[psutil.Process] = []
    try:
        await_that(lambda: "Marketplace is open at" in log.read_text(), show=log.read_text)
        started = psutil.Process(make.pid).children(recursive=True)
        commands = [command_of(process) for process in started]
        assert {name for name in SERVICES for command in commands if name in command} == set(SERVICES)
        stop(make.pid)
        make.wait(DEADLINE)
        _, left = psutil.wait_procs(started, timeout=DEADLINE)
        assert not left, log.read_text()
    finally:
        make.kill()
        make.wait()
        for process in started:
            with suppress(psutil.NoSuchProcess):
                process.kill()
