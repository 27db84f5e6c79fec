"""The services as processes, as an operator runs them."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import grpc
import psutil
from grpc_health.v1 import health_pb2

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0
POLL_SECONDS = 0.02

LISTENS = {
    "recommendations": re.compile(r"Recommendations listens on \S+:(?P<port>\d+)"),
    "marketplace": re.compile(r"Marketplace is open at http://\S+:(?P<port>\d+)"),
    "payments": re.compile(r"Payments \(demo\) listens on \S+:(?P<port>\d+)"),
}


class Process:
    """One service, started by `python -m NAME start` and listening when this is made."""

    def __init__(self, name: str, environment: dict[str, str]) -> None:
        self.name = name
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._popen = subprocess.Popen(
            [sys.executable, "-m", name, "start"],
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._popen.stdout is not None
        self.log: list[str] = []
        self._reader = threading.Thread(target=self._read, args=(self._popen.stdout,))
        self._reader.start()
        self.port = self._await_port()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    def freeze(self) -> None:
        """Stop all its threads, and return once they have stopped."""
        self._popen.send_signal(signal.SIGSTOP)
        os.waitpid(self._popen.pid, os.WUNTRACED)

    def thaw(self) -> None:
        """Let it continue."""
        self._popen.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it without warning."""
        self._popen.kill()
        self._finish()

    def stop(self) -> int:
        """Ask it to end and return its exit code; it is killed when it does not."""
        if self._popen.poll() is None:
            self._popen.terminate()
        return self._finish()

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
                self.log.append(line)
                self._lines.put(line)
        self._lines.put(None)

    def _await_port(self) -> int:
        while (line := self._lines.get(timeout=DEADLINE)) is not None:
            if match := LISTENS[self.name].search(line):
                return int(match["port"])
        self._finish()
        raise AssertionError(f"{self.name} ended before it listened:\n{''.join(self.log)}")


@dataclass
class Pair:
    """Both services over one folder; Recommendations can be restarted on its port."""

    folder: Path
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


def start_recommendations(folder: Path, port: int = 0) -> Process:
    """Recommendations with its data in `folder`, serving."""
    process = Process(
        "recommendations",
        {"RECOMMENDATIONS_DATA_DIR": str(folder / "recommendations"), "RECOMMENDATIONS_PORT": str(port)},
    )
    await_serving(f"127.0.0.1:{process.port}")
    return process


def start_pair(folder: Path, stack: ExitStack, **provider: str) -> Pair:
    """Both services with the starter and a provider that accepts every payment, on free ports; `stack` stops them.

    `provider` are further settings of the provider.
    """
    recommendations = start_recommendations(folder)
    stack.callback(lambda: pair.recommendations.stop() if pair else recommendations.stop())
    pair: Pair | None = None
    payments = Process(
        "payments",
        {"PAYMENTS_DATA_DIR": str(folder / "payments"), "PAYMENTS_PORT": "0", "PAYMENTS_DECLINES": "0", **provider},
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
    pair = Pair(folder, recommendations, marketplace)
    return pair


def await_serving(address: str) -> None:
    """Wait until the health of the server at `address` turns SERVING."""
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


def await_that(happens: Callable[[], object], *, seconds: float = DEADLINE, show: Callable[[], object] = str) -> None:
    """Wait until `happens()` is true. Raises AssertionError, with `show()`, when the time is over."""
    ends = time.monotonic() + seconds
    while not happens():
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
