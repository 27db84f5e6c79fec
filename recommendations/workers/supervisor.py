"""Worker processes: forked, replaced when they die or freeze, and ended together.

The parent does nothing else: it starts no thread and does not use gRPC, neither of which survives a fork.
"""

import contextlib
import math
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

from recommendations.workers.heartbeats import BEAT_SECONDS, Heartbeats
from servicekit.logs import finish_logs
from servicekit.serving.memory import freeze_objects

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
"""A worker that cannot be forked, or dies soon after its start, is replaced after a pause, which doubles each time;
others at once."""

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
        self,
        workers: int,
        work: Work,
        *,
        end_seconds: float,
        closed_in_workers: Sequence[socket.socket] = (),
        beat_seconds: float = BEAT_SECONDS,
    ) -> None:
        self._workers = [_Worker(number) for number in range(workers)]
        self._work = work
        self._end_seconds = end_seconds
        self._closed_in_workers = closed_in_workers
        self._beat_seconds = beat_seconds
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
            self._heartbeats = Heartbeats(len(self._workers), seconds=self._beat_seconds)
            stack.callback(self._heartbeats.close)
            self._wakeup_r.setblocking(False)
            stack.enter_context(_signals_wake(self._wakeup_w, self._end))
            try:
                self._start(on_listening)
                while not self._ending:
                    self._replace()
                    self._sleep(self._until_next())
                    self._kill_frozen()
                    self._reap()
            finally:
                self._end_all()
        if self._failed:
            raise ChildProcessError("a worker had to be killed; the log says more")

    def _end(self, _number: int, _frame: object) -> None:
        self._ending = True

    def _start(self, on_listening: Callable[[], None]) -> None:
        # Memory allocated so far stays shared with the workers unless the garbage collector writes to it.
        freeze_objects()
        listening = 0
        while listening < len(self._workers) and not self._ending:
            self._replace()
            self._sleep(self._until_next(), self._listening_r)
            if select.select([self._listening_r], [], [], 0)[0]:
                listening += len(os.read(self._listening_r, len(self._workers)))
            self._kill_frozen()
            if self._reap() and not self._ending:
                raise ChildProcessError("a worker ended before it listened; the log says why")
        if not self._ending:
            on_listening()

    def _fork(self, worker: _Worker) -> None:
        """Start a worker's process. Raises OSError if the system has no memory or process for it."""
        worker.started = time.monotonic()
        self._heartbeats.started(worker.number)
        # Otherwise a signal before the worker sets its own handlers would run the parent's handler and be lost.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
        try:
            worker.pid = os.fork()
            if worker.pid == 0:
                self._run_worker(worker.number)
        finally:
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
            threading.Thread(target=self._watch_parent, args=(number, stop), name="parent", daemon=True).start()
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

    def _watch_parent(self, number: int, stop: threading.Event) -> None:
        """Send heartbeats, and stop the worker when the parent has died: nothing is ever written, but then the pipe
        ends."""
        while not select.select([self._parent_r], [], [], self._beat_seconds)[0]:
            self._heartbeats.beat(number)
        if not stop.is_set():
            _log.error("parent_died")
        stop.set()

    def _replace(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if worker.pid is not None or worker.restart_at > now:
                continue
            is_first = worker.started == 0.0
            try:
                self._fork(worker)
            except OSError as error:
                self._pause(worker, now)
                _log.error("worker_not_started", worker=worker.number, error=str(error), restart_in=worker.pause)
            else:
                if not is_first:
                    _log.info("worker_started", worker=worker.number, pid=worker.pid)

    def _pause(self, worker: _Worker, now: float) -> None:
        worker.pause = min(max(2 * worker.pause, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
        worker.restart_at = now + worker.pause

    def _until_next(self) -> float:
        """The seconds until a worker is to be started, or the heartbeats to be read."""
        waiting = [worker.restart_at for worker in self._workers if worker.pid is None]
        return max(0.0, min(min(waiting, default=math.inf) - time.monotonic(), self._beat_seconds))

    def _kill_frozen(self) -> None:
        for number in self._heartbeats.frozen():
            worker = self._workers[number]
            if worker.pid is not None:
                _log.error("worker_frozen", worker=number, pid=worker.pid)
                os.kill(worker.pid, signal.SIGKILL)

    def _sleep(self, seconds: float, *others: int) -> None:
        """Sleep until there is a signal or something to read from `others`, or the time is over."""
        select.select([self._wakeup_r.fileno(), *others], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            while self._wakeup_r.recv(4096):
                pass

    def _reap(self) -> bool:
        """Note which workers have ended; returns whether any has."""
        now = time.monotonic()
        any_ended = False
        for worker in self._workers:
            if worker.pid is None:
                continue
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if not pid:
                continue
            code = os.waitstatus_to_exitcode(status)
            if not self._ending:
                if now - worker.started < EARLY_SECONDS:
                    self._pause(worker, now)
                else:
                    worker.pause = worker.restart_at = 0.0
                _log.error("worker_died", worker=worker.number, pid=pid, code=code, restart_in=worker.pause)
            worker.pid = None
            any_ended = True
            self._failed |= self._ending and code != 0
        return any_ended

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
