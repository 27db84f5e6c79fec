"""The services and their commands as processes."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import grpc
import psutil
from grpc_health.v1 import health_pb2

from events.signature import new_secret

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0
POLL_SECONDS = 0.02

NO_PREVIEWS = {"PREVIEWS_PORT": "1"}
"""Otherwise a tested shop would fetch links by whatever runs on this machine."""

NO_NOTICES = {"MARKETPLACE_NOTICES_URL": "http://127.0.0.1:1/events", "NOTICES_SECRET": new_secret()}
"""Otherwise a tested shop would send mails by whatever runs on this machine."""

LISTENS = {
    "recommendations": r"Recommendations listens on \S+:(?P<port>\d+)\n",
    "marketplace": r"Marketplace is open at http://\S+:(?P<port>\d+)\s",
    "payments": r"Payments \(demo\) listens on \S+:(?P<port>\d+)\n",
    "notices": r"Notices listens on \S+:(?P<port>\d+)\n",
    "live": r"Live listens on \S+:(?P<port>\d+)\n",
    "previews": r"Previews listens on \S+:(?P<port>\d+)\n",
}


class Command:
    """`python -m SERVICE ARGUMENTS…` as a process."""

    def __init__(self, service: str, arguments: Sequence[str], environment: dict[str, str]) -> None:
        own_secrets = {} if "SECRETS_DIR" in environment else NO_NOTICES
        self._popen = subprocess.Popen(
            [sys.executable, "-m", service, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **NO_PREVIEWS, **own_secrets, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._popen.stdout is not None
        self.log: list[str] = []
        self._ended = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, args=(self._popen.stdout,))
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def output(self) -> str:
        """What it printed so far."""
        return "".join(self.log)

    def await_output(self, pattern: str) -> re.Match[str]:
        """Wait until it has printed a match of the regular expression, and return it."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or re.search(pattern, self.output), DEADLINE)
        match = re.search(pattern, self.output)
        assert match, self.output
        return match

    def kill(self) -> None:
        self._popen.kill()
        self._finish()

    def kill_after(self, seconds: float) -> bool:
        """Kill it unless it ends within this many seconds; returns whether it was killed or failed."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(seconds)
        self.kill()
        return self._popen.returncode != 0

    def terminate(self) -> None:
        """Send SIGTERM."""
        self._popen.terminate()

    def stop(self) -> int:
        """End it by SIGTERM, or kill it if that fails; returns its exit code."""
        self.terminate()
        return self._finish()

    def require_success(self) -> str:
        """Wait until it ends with code 0; returns what it printed."""
        assert self._finish() == 0, self.output
        return self.output

    def _finish(self) -> int:
        try:
            code = self._popen.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            code = self._popen.wait()
        self._reader.join()
        return code

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    self.log.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class Process(Command):
    """A service, started by `python -m NAME start`, which listens on `port`."""

    def __init__(self, name: str, environment: dict[str, str]) -> None:
        super().__init__(name, ["start"], environment)
        try:
            self.port = int(self.await_output(LISTENS[name])["port"])
        except BaseException:
            self.kill()
            raise

    def freeze(self) -> None:
        """Stop it by SIGSTOP, and wait until it has stopped."""
        self._popen.send_signal(signal.SIGSTOP)
        os.waitpid(self.pid, os.WUNTRACED)

    def thaw(self) -> None:
        """Let it continue."""
        self._popen.send_signal(signal.SIGCONT)


@dataclass
class Pair:
    """Both services over one folder; Recommendations can be restarted on its port."""

    folder: Path
    stack: ExitStack
    recommendations: Process
    marketplace: Process

    @property
    def shop(self) -> str:
        """The address of the home page."""
        return f"http://127.0.0.1:{self.marketplace.port}/"

    @property
    def grpc_address(self) -> str:
        """The address of Recommendations."""
        return f"127.0.0.1:{self.recommendations.port}"

    def restart_recommendations(self) -> None:
        """Start Recommendations again after it ended, and wait until it serves."""
        self.recommendations = start_recommendations(self.folder, self.recommendations.port)
        self.stack.callback(self.recommendations.stop)


def start_recommendations(folder: Path, port: int = 0) -> Process:
    """Recommendations with its data in `folder`, serving."""
    process = Process(
        "recommendations",
        {"RECOMMENDATIONS_DATA_DIR": str(folder / "recommendations"), "RECOMMENDATIONS_PORT": str(port)},
    )
    await_serving(f"127.0.0.1:{process.port}")
    return process


def start_pair(folder: Path, stack: ExitStack, **provider: str) -> Pair:
    """Both services with the starter, and the provider, which declines nothing, on free ports; `stack` stops them.

    `provider` has further settings of the provider.
    """
    recommendations = start_recommendations(folder)
    stack.callback(recommendations.stop)
    payments = Process(
        "payments",
        {
            "PAYMENTS_DATA_DIR": str(folder / "payments"),
            "PAYMENTS_PORT": "0",
            "PAYMENTS_DECLINES": "0",
            "MARKETPLACE_PORT": "0",
            **provider,
        },
    )
    stack.callback(payments.stop)
    marketplace = Process(
        "marketplace",
        {
            "MARKETPLACE_PAYMENTS_URL": f"http://127.0.0.1:{payments.port}",
            "MARKETPLACE_DATA_DIR": str(folder / "marketplace"),
            "MARKETPLACE_PORT": "0",
            "RECOMMENDATIONS_HOST": "127.0.0.1",
            "RECOMMENDATIONS_PORT": str(recommendations.port),
        },
    )
    stack.callback(marketplace.stop)
    return Pair(folder, stack, recommendations, marketplace)


def await_serving(address: str) -> None:
    """Wait until the health of the server at `address` is SERVING."""
    with grpc.insecure_channel(address) as channel:
        watch = channel.unary_stream(
            "/grpc.health.v1.Health/Watch",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        request = health_pb2.HealthCheckRequest(service="Recommendations")
        for answer in watch(request, timeout=DEADLINE, wait_for_ready=True):
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return


def waiting_in(outbox: dict[str, Any]) -> int:
    """How many events wait in the outbox of `/readyz`, but for those of notices, which does not run."""
    return sum(queue["waiting"] for name, queue in outbox["destinations"].items() if name != "notices")


def await_that(
    condition: Callable[[], object], *, seconds: float = DEADLINE, show: Callable[[], object] = str
) -> None:
    """Wait until `condition()` is true. Raises AssertionError with `show()` after `seconds`."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, show()
        time.sleep(POLL_SECONDS)


def running_children(pid: int) -> list[psutil.Process]:
    """The children of a process that have not ended."""
    children = []
    for child in psutil.Process(pid).children():
        with suppress(psutil.NoSuchProcess):
            if child.status() != psutil.STATUS_ZOMBIE:
                children.append(child)
    return children
