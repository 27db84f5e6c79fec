"""Child processes that are measured, and are stopped when the benchmark ends."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import click
import psutil

PROJECT = Path(__file__).parents[2]
ENDING_SECONDS = 20.0
_ENDING = (signal.SIGTERM, signal.SIGHUP)
_SETTINGS = ("RECOMMENDATIONS_", "MARKETPLACE_", "LIVE_", "OTEL_")


class ChildFailed(click.ClickException):
    """A child process ended unexpectedly; the message has the end of its output."""


@dataclass(frozen=True)
class Finished:
    """A finished command: its output, wall-clock seconds and peak memory.

    `cpu_seconds` is the processor time of all its threads, which depends little on other load on the machine.
    """

    output: str
    seconds: float
    peak_mb: float
    cpu_seconds: float


class Child:
    """A child process of the benchmark; its output goes to a file."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def output(self) -> str:
        """What it has printed so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def require_running(self) -> None:
        """Raise ChildFailed if it has ended."""
        if self._process.poll() is not None:
            raise ChildFailed(
                f"{self._process.args!r} ended with {self._process.returncode}:\n{self.output()[-2000:]}"
            )

    def wait_for(self, text: str, seconds: float = 60.0) -> str:
        """Wait until it has printed a line with `text`; returns the rest of that line. Raises ChildFailed."""
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            for line in self.output().splitlines(keepends=True):
                if text in line and line.endswith("\n"):
                    return line.split(text, 1)[1].strip()
            self.require_running()
            time.sleep(0.005)
        raise ChildFailed(f"{self._process.args!r} did not print {text!r} in {seconds:g} s:\n{self.output()[-2000:]}")

    def wait(self) -> resource.struct_rusage:
        """Wait until it ends by itself; returns its resource usage. Raises ChildFailed if it ends with an error."""
        # Not Popen.wait, because only wait4 reports the usage of this child.
        _, status, usage = os.wait4(self.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        if status:
            self.require_running()
        return usage

    def cpu_seconds(self) -> float:
        """The processor time of all threads of the process and its workers, user and system."""
        process = psutil.Process(self.pid)
        times = [member.cpu_times() for member in (process, *process.children())]
        return sum(time.user + time.system for time in times)

    def threads(self) -> int:
        """The number of its threads, including those of grpcio."""
        return psutil.Process(self.pid).num_threads()

    def resident_mb(self) -> float:
        """Its current resident memory, in megabytes."""
        return psutil.Process(self.pid).memory_info().rss / 1e6

    def freeze(self) -> None:
        """Suspend it, with its connections open."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Resume it."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Terminate it and wait; kill it if it does not end in time. Does nothing if it has ended."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        self.thaw()  # a stopped process does not handle SIGTERM
        try:
            self._process.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()


class Sandbox:
    """A temporary folder and child processes; leaving the block ends the processes and removes the folder."""

    def __init__(self) -> None:
        self._exits = contextlib.ExitStack()
        self._logs = 0

    def __enter__(self) -> "Sandbox":
        self.folder = Path(self._exits.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        self._exits.enter_context(_handling(_ENDING, _end))
        return self

    def __exit__(self, *_: object) -> None:
        # A second signal must not interrupt the cleanup and leave processes behind.
        with _handling((signal.SIGINT, *_ENDING), lambda _number, _frame: None):
            self._exits.close()

    def start(self, *command: str, settings: Mapping[str, str] | None = None, checkout: Path = PROJECT) -> Child:
        """Start a command in the folder of a checkout, with these settings of the services and no others."""
        self._logs += 1
        log = self.folder / f"{self._logs}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                command,
                cwd=checkout,
                env=_environment(settings or {}),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                # Ctrl-C must reach only the benchmark, which then ends its children in order.
                start_new_session=True,
            )
        child = Child(process, log)
        self._exits.callback(child.end)
        return child

    def run(self, *command: str, settings: Mapping[str, str] | None = None, checkout: Path = PROJECT) -> Finished:
        """Run a command to its end. Raises ChildFailed."""
        started = time.perf_counter()
        child = self.start(*command, settings=settings, checkout=checkout)
        usage = child.wait()
        seconds = time.perf_counter() - started
        return Finished(child.output(), seconds, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime)


def run_forwarding_signals(*command: str) -> int:
    """Run a command and forward signals to it, so that it can clean up; returns its exit code.

    `subprocess.run` would kill it a quarter of a second after Ctrl-C.
    """
    process = subprocess.Popen(command, start_new_session=True)
    with _handling((signal.SIGINT, *_ENDING), lambda number, _frame: process.send_signal(number)):
        return process.wait()


def python(module: str, *arguments: str) -> tuple[str, ...]:
    """The command `python -m module arguments`."""
    return (sys.executable, "-m", module, *arguments)


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without settings of the services: a benchmark must never touch a real database."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    return inherited | {"PYTHONUNBUFFERED": "1"} | dict(settings)


@contextlib.contextmanager
def _handling(numbers: Sequence[signal.Signals], handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
