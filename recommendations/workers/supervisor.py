"""Worker processes: forked, replaced when they die, and ended together.

The parent does nothing else: it starts no thread and does not use gRPC, neither of which survives a fork.
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

from servicekit.logs import finish_logs

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
"""A worker that dies soon after its start is replaced after a pause, which doubles each time; others at once."""

EARLY_SECONDS = 10.0
"""How soon after its start a death counts as early."""

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_log = structlog.get_logger()

Work = Callable[[int, threading.Event, Callable[[], None]], None]
"""What a worker does, given its number from 0, the event that stops it, and what to call when it listens."""


@dataclass
class _Worker:
    """A worker's process, and when it may be started again."""

    number: int
    pid: int | None = None
    started: float = 0.0
    pause: float = 0.0
    restart_at: float = 0.0


class Supervisor:
    """Runs `workers` processes that each do `work`; `closed_in_workers` stays open in the parent only."""

    def __init__(
        self, workers: int, work: Work, *, end_seconds: float, closed_in_workers: Sequence[socket.socket] = ()
    ) -> None:
        self._workers = [_Worker(number) for number in range(workers)]
        self._work = work
        self._end_seconds = end_seconds
        self._closed_in_workers = closed_in_workers
        self._ending = False
        self._failed = False

    def run(self, on_listening: Callable[[], None]) -> None:
        """Keep all workers running until SIGTERM or SIGINT, then end them.

        `on_listening` is called once, when all workers listen for the first time. Raises ChildProcessError if one of
        them ends before that, or had to be killed.
        """
        with contextlib.ExitStack() as stack:
            self._wakeup_r, self._wakeup_w = (stack.enter_context(end) for end in socket.socketpair())
            self._listening_r, self._listening_w = os.pipe()
            self._parent_r, self._parent_w = os.pipe()
            for descriptor in (self._listening_r, self._listening_w, self._parent_r, self._parent_w):
                stack.callback(os.close, descriptor)
            self._wakeup_r.setblocking(False)
            stack.enter_context(_signals_wake(self._wakeup_w, self._end))
            try:
                self._start(on_listening)
                while not self._ending:
                    self._replace()
                    self._sleep(self._until_next())
                    self._reap()
            finally:
                self._end_all()
        if self._failed:
            raise ChildProcessError("a worker had to be killed; the log says more")

    def _end(self, _number: int, _frame: object) -> None:
        self._ending = True

    def _start(self, on_listening: Callable[[], None]) -> None:
        # Memory allocated so far stays shared with the workers unless the garbage collector writes to it.
        gc.collect()
        gc.freeze()
        for worker in self._workers:
            self._fork(worker)
        listening = 0
        while listening < len(self._workers) and not self._ending:
            self._sleep(None, self._listening_r)
            if select.select([self._listening_r], [], [], 0)[0]:
                listening += len(os.read(self._listening_r, len(self._workers)))
            self._reap()
            if not self._ending and any(worker.pid is None for worker in self._workers):
                raise ChildProcessError("a worker ended before it listened; the log says why")
        if not self._ending:
            on_listening()

    def _fork(self, worker: _Worker) -> None:
        # Otherwise a signal before the worker sets its own handlers would run the parent's handler and be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
        worker.started = time.monotonic()
        worker.pid = os.fork()
        if worker.pid == 0:
            self._run_worker(worker.number)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)

    def _run_worker(self, number: int) -> NoReturn:
        code = 1
        try:
            stop = threading.Event()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for stop_signal in _STOP_SIGNALS:
                signal.signal(stop_signal, lambda _number, _frame: stop.set())
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)
            for unused in (self._wakeup_r, self._wakeup_w, *self._closed_in_workers):
                unused.close()
            os.close(self._listening_r)
            os.close(self._parent_w)
            threading.Thread(target=self._stop_without_parent, args=(stop,), name="parent", daemon=True).start()
            self._work(number, stop, self._report_listening)
            code = 0
        except BaseException:  # noqa: BLE001  (this process must not continue as if it were the parent)
            _log.exception("worker_failed", worker=number)
        finally:
            finish_logs()
            # sys.exit would run the parent's clean-up.
            os._exit(code)

    def _report_listening(self) -> None:
        os.write(self._listening_w, b".")

    def _stop_without_parent(self, stop: threading.Event) -> None:
        """Stop the worker when the parent has died: nothing is ever written, but then the read ends."""
        os.read(self._parent_r, 1)
        if not stop.is_set():
            _log.error("parent_died")
        stop.set()

    def _replace(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if worker.pid is None and worker.restart_at <= now:
                self._fork(worker)
                _log.info("worker_started", worker=worker.number, pid=worker.pid)

    def _until_next(self) -> float | None:
        waiting = [worker.restart_at for worker in self._workers if worker.pid is None]
        return max(0.0, min(waiting) - time.monotonic()) if waiting else None

    def _sleep(self, seconds: float | None, *others: int) -> None:
        """Sleep until there is a signal or something to read from `others`, or the time is over."""
        select.select([self._wakeup_r.fileno(), *others], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            while self._wakeup_r.recv(4096):
                pass

    def _reap(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if worker.pid is None:
                continue
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if not pid:
                continue
            code = os.waitstatus_to_exitcode(status)
            if not self._ending:
                early = now - worker.started < EARLY_SECONDS
                worker.pause = (
                    min(max(2 * worker.pause, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS) if early else 0.0
                )
                worker.restart_at = now + worker.pause
                _log.error("worker_died", worker=worker.number, pid=pid, code=code, restart_in=worker.pause)
            worker.pid = None
            self._failed |= self._ending and code != 0

    def _end_all(self) -> None:
        self._ending = True
        deadline = time.monotonic() + self._end_seconds
        for worker in self._workers:
            if worker.pid is not None:
                os.kill(worker.pid, signal.SIGTERM)
        while any(worker.pid is not None for worker in self._workers):
            self._sleep(max(0.0, deadline - time.monotonic()))
            if time.monotonic() >= deadline:
                for worker in self._workers:
                    if worker.pid is not None:
                        os.kill(worker.pid, signal.SIGKILL)
                deadline = time.monotonic() + self._end_seconds
            self._reap()


@contextlib.contextmanager
def _signals_wake(wakeup: socket.socket, end: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Let signals wake a `select` on the other end of `wakeup`; SIGTERM and SIGINT also call `end`."""
    wakeup.setblocking(False)
    handlers = dict.fromkeys(_STOP_SIGNALS, end) | {signal.SIGCHLD: lambda _number, _frame: None}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    previous = signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(previous)
        for number, handler in before.items():
            signal.signal(number, handler)
