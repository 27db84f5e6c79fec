"""A RabbitMQ server for tests, which a test may kill, freeze and start again."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import IO

import pika
import psutil
from pika.adapters.blocking_connection import BlockingChannel

from events import broker

START_SECONDS = 60.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.05
DEBIAN = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""Debian's command in PATH would run it as another user, in folders of the system."""


class RabbitMQ:
    """A server with its data in a folder, without plugins; `kill` and `start` keep the port and the data."""

    def __init__(self, folder: Path) -> None:
        self.port, self._distribution_port, self._epmd_port = _free_ports(3)
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        (folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\nlog.file.level = warning\ndisk_free_limit.absolute = 1MB\n",
            encoding="utf-8",
        )
        (folder / "plugins").write_text("[].\n", encoding="utf-8")

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}"

    @contextmanager
    def names(self) -> Iterator[None]:
        """Run Erlang's name server on a port of its own; otherwise the server would leave one behind."""
        port = str(self._epmd_port)
        with subprocess.Popen(["epmd", "-port", port, "-address", "127.0.0.1"], stdin=subprocess.DEVNULL) as process:
            try:
                yield
            finally:
                process.kill()

    def start(self) -> None:
        """Start it, and wait until it accepts connections."""
        output = (self._folder / "output").open("a", encoding="utf-8")
        command = DEBIAN if DEBIAN.exists() else Path(shutil.which("rabbitmq-server") or "rabbitmq-server")
        with output:
            self._process = subprocess.Popen(
                [str(command), "-noinput"],
                cwd=self._folder,
                env=os.environ | self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                start_new_session=True,
            )
        started = Event()
        assert self._process.stdout is not None
        Thread(target=_drain, args=(self._process.stdout, started), daemon=True).start()
        assert started.wait(START_SECONDS), "RabbitMQ did not start in time"
        assert self._process.poll() is None, (self._folder / "output").read_text(encoding="utf-8")

    def kill(self) -> None:
        """Kill it by SIGKILL; what it has confirmed must survive.

        RabbitMQ writes the name of a new quorum queue to the disk only half a second later, and without it the queue
        would be lost: the kill waits for that.
        """
        deadline = time.monotonic() + STOP_SECONDS
        while self.is_running and not all(map(_is_written, self._folder.rglob("names.dets"))):
            assert time.monotonic() < deadline, "RabbitMQ does not write the names of its queues"
            time.sleep(POLL_SECONDS)
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(STOP_SECONDS)
            self._process = None

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop it by SIGSTOP during the block: connections stay open, and nothing is answered."""
        assert self._process is not None
        process = psutil.Process(self._process.pid)
        process.suspend()
        try:
            yield
        finally:
            process.resume()

    @contextmanager
    def channel(self) -> Iterator[BlockingChannel]:
        """A channel of a connection for the block."""
        with closing(pika.BlockingConnection(pika.URLParameters(self.url))) as connection:
            yield connection.channel()

    def empty(self) -> None:
        """Delete the queues and exchanges of `events.broker` with their messages."""
        with self.channel() as channel:
            for queue in (broker.NOTICES_QUEUE, broker.DEAD_QUEUE):
                channel.queue_delete(queue)
            for exchange in (broker.PUBLIC_EXCHANGE, broker.PRIVATE_EXCHANGE, broker.DEAD_EXCHANGE):
                channel.exchange_delete(exchange)

    def _environment(self) -> dict[str, str]:
        return {
            "HOME": str(self._folder),  # of the cookie by which its nodes know each other
            "RABBITMQ_NODENAME": f"test-{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_CONF_ENV_FILE": str(self._folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "data"),
            "RABBITMQ_LOG_BASE": str(self._folder / "logs"),
            "RABBITMQ_ALLOW_INPUT": "true",  # the process is Erlang itself, not a shell that waits for it
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2",
        }


@contextmanager
def rabbitmq() -> Iterator[RabbitMQ]:
    """Run a server during the block, on ports that the system chooses; takes some five seconds."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="rabbitmq-"))
        server = RabbitMQ(Path(folder))
        stack.enter_context(server.names())
        stack.callback(server._end)
        server.start()
        yield server


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for unused in sockets:
            unused.bind(("127.0.0.1", 0))
        return [unused.getsockname()[1] for unused in sockets]


def _is_written(table: Path) -> bool:
    """Whether a table of Erlang's `dets` has no changes in memory: the third number in its header is not 0 then."""
    return table.read_bytes()[8:12] != bytes(4)


def _drain(output: IO[str], started: Event) -> None:
    with output:
        for line in output:
            if "completed with" in line:
                started.set()
    started.set()  # it has ended; who waits sees that
