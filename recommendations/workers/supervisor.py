"""Several processes that serve one port: forked, watched over, replaced when they die, and ended together.

The parent does nothing but that: it makes no thread and nothing of gRPC, neither of which survives a fork.
"""

import contextlib
import gc
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

import structlog

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
"""A worker that dies is replaced at once, but one that dies young after a pause, each twice as long."""

YOUNG_SECONDS = 10.0

_TO_END = (signal.SIGTERM, signal.SIGINT)

_log = structlog.get_logger()

Work = Callable[[int, threading.Event, Callable[[], None]], None]
"""What a worker does, given its number from 0, an event that is set when it is to end, and what it calls once it
listens."""


@dataclass
class _Worker:
    """A place in the crew: who fills it, since when, and when it may be filled again."""

    number: int
    pid: int | None = None
    since: float = 0.0
    pause: float = 0.0
    not_before: float = 0.0


class Supervisor:
    """So many workers, each a process that does `work`; `closed_in_workers` is what only the parent keeps open."""

    def __init__(
        self, workers: int, work: Work, *, end_seconds: float, closed_in_workers: Sequence[socket.socket] = ()
    ) -> None:
        self._crew = [_Worker(number) for number in range(workers)]
        self._work = work
        self._end_seconds = end_seconds
        self._closed_in_workers = closed_in_workers
        self._ending = False
        self._disorder = False

    def run(self, on_listening: Callable[[], None]) -> None:
        """Keep the crew complete until SIGTERM or SIGINT, then end it.

        `on_listening` is called once, when all workers listen for the first time. Raises ChildProcessError where one
        of them ends before that, or had to be killed in the end.
        """
        with contextlib.ExitStack() as stack:
            self._bell, self._clapper = (stack.enter_context(one) for one in socket.socketpair())
            self._told, self._telling = os.pipe()
            self._life, self._lifeline = os.pipe()
            for descriptor in (self._told, self._telling, self._life, self._lifeline):
                stack.callback(os.close, descriptor)
            self._bell.setblocking(False)
            stack.enter_context(_ringing(self._clapper, self._end))
            try:
                self._start(on_listening)
                while not self._ending:
                    self._replace()
                    self._sleep(self._until_next())
                    self._reap()
            finally:
                self._end_all()
        if self._disorder:
            raise ChildProcessError("a worker had to be killed; the log says more")

    def _end(self, _number: int, _frame: object) -> None:
        self._ending = True

    def _start(self, on_listening: Callable[[], None]) -> None:
        # What is there by now is shared by all, as long as the garbage collector leaves it alone.
        gc.collect()
        gc.freeze()
        for worker in self._crew:
            self._fork(worker)
        listening = 0
        while listening < len(self._crew) and not self._ending:
            self._sleep(None, self._told)
            if select.select([self._told], [], [], 0)[0]:
                listening += len(os.read(self._told, len(self._crew)))
            self._reap()
            if any(worker.pid is None for worker in self._crew):
                raise ChildProcessError("a worker ended before it listened; the log says why")
        if not self._ending:
            on_listening()

    def _fork(self, worker: _Worker) -> None:
        # A signal between the fork and the worker's own handlers would meet those of the parent, and be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, _TO_END)
        worker.since = time.monotonic()
        worker.pid = os.fork()
        if worker.pid == 0:
            self._be(worker.number)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TO_END)

    def _be(self, number: int) -> NoReturn:
        """Be a worker, in its own process."""
        code = 1
        try:
            stop = threading.Event()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for one in _TO_END:
                signal.signal(one, lambda _number, _frame: stop.set())
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _TO_END)
            for kept in (self._bell, self._clapper, *self._closed_in_workers):
                kept.close()
            os.close(self._told)
            os.close(self._lifeline)
            threading.Thread(target=self._outlive_nobody, args=(stop,), name="lifeline", daemon=True).start()
            self._work(number, stop, self._say_listening)
            code = 0
        except BaseException:  # noqa: BLE001  (whatever it is, this process must not go on with what its parent does)
            _log.exception("worker_failed", worker=number)
        finally:
            # Not sys.exit: what the parent would do at its end is not the worker's.
            os._exit(code)

    def _say_listening(self) -> None:
        os.write(self._telling, b".")

    def _outlive_nobody(self, stop: threading.Event) -> None:
        """Ends the worker when the parent is no more: nobody writes, but who reads hears that nobody can."""
        os.read(self._life, 1)
        if not stop.is_set():
            _log.error("parent_died")
        stop.set()

    def _replace(self) -> None:
        now = time.monotonic()
        for worker in self._crew:
            if worker.pid is None and worker.not_before <= now:
                self._fork(worker)
                _log.info("worker_started", worker=worker.number, pid=worker.pid)

    def _until_next(self) -> float | None:
        waiting = [worker.not_before for worker in self._crew if worker.pid is None]
        return max(0.0, min(waiting) - time.monotonic()) if waiting else None

    def _sleep(self, seconds: float | None, *others: int) -> None:
        """Until a signal comes, or something else does, or the time is over."""
        select.select([self._bell.fileno(), *others], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            while self._bell.recv(4096):
                pass

    def _reap(self) -> None:
        now = time.monotonic()
        for worker in self._crew:
            if worker.pid is None:
                continue
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if not pid:
                continue
            code = os.waitstatus_to_exitcode(status)
            if not self._ending:
                young = now - worker.since < YOUNG_SECONDS
                worker.pause = (
                    min(max(2 * worker.pause, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS) if young else 0.0
                )
                worker.not_before = now + worker.pause
                _log.error("worker_died", worker=worker.number, pid=pid, code=code, again_in=worker.pause)
            worker.pid = None
            self._disorder |= self._ending and code != 0

    def _end_all(self) -> None:
        self._ending = True
        give_up = time.monotonic() + self._end_seconds
        for worker in self._crew:
            if worker.pid is not None:
                os.kill(worker.pid, signal.SIGTERM)
        while any(worker.pid is not None for worker in self._crew):
            self._sleep(max(0.0, give_up - time.monotonic()))
            if time.monotonic() >= give_up:
                for worker in self._crew:
                    if worker.pid is not None:
                        os.kill(worker.pid, signal.SIGKILL)
                give_up = time.monotonic() + self._end_seconds
            self._reap()


@contextlib.contextmanager
def _ringing(clapper: socket.socket, end: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Let signals end a `select` on the other end of `clapper`, and those that are to end everything call `end`."""
    clapper.setblocking(False)
    handlers = dict.fromkeys(_TO_END, end) | {signal.SIGCHLD: lambda _number, _frame: None}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    rung = signal.set_wakeup_fd(clapper.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(rung)
        for number, handler in before.items():
            signal.signal(number, handler)
