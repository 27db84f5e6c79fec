"""Workers are kept running and ended together."""

import os
import signal
import subprocess
import sys
from tempfile import TemporaryDirectory

import psutil
import pytest

from tests.e2e.processes import await_that, running_children

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

DEADLINE = 20.0

PROGRAM = """
import os, sys, time
from recommendations.workers import supervisor as workers
from servicekit.logs import configure_logging
configure_logging()
workers.FIRST_PAUSE_SECONDS = {first_pause}
{before}
def work(number, stop, listens):
    {work}
supervisor = workers.Supervisor(2, work, end_seconds={end_seconds}, beat_seconds={beat_seconds})
supervisor.run(lambda: print("all listen", flush=True))
"""
"""It runs in its own process: that of the tests has threads and must not be forked."""


def supervised(
    work: str, *, before: str = "", first_pause: float = 0.01, end_seconds: float = 10.0, beat_seconds: float = 1.0
) -> subprocess.Popen[str]:
    """A supervisor of two workers that do `work`; the parent does `before` first."""
    program = PROGRAM.format(
        work=work, before=before, first_pause=first_pause, end_seconds=end_seconds, beat_seconds=beat_seconds
    )
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def await_line(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    return running.stdout.readline()


def workers_of(running: subprocess.Popen[str]) -> list[psutil.Process]:
    return running_children(running.pid)


SERVING = "listens(); stop.wait()"


@pytest.mark.slow
def test_workers_end_together() -> None:
    """The parent reports when all listen, and SIGTERM ends it with all workers."""
    with supervised(SERVING) as running:
        assert await_line(running) == "all listen\n"
        workers = workers_of(running)
        assert len(workers) == 2
        running.send_signal(signal.SIGTERM)
        _, errors = running.communicate(timeout=DEADLINE)
    assert (running.returncode, errors) == (0, "")
    assert not any(worker.is_running() for worker in workers)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_that_ends_is_replaced(number: signal.Signals) -> None:
    """It gets a successor after SIGKILL or SIGTERM, and the other worker continues."""
    with supervised(SERVING) as running:
        await_line(running)
        first, second = workers_of(running)
        first.send_signal(number)
        await_that(lambda: len(workers := workers_of(running)) == 2 and first not in workers)
        assert second in workers_of(running)
        running.terminate()
        _, errors = running.communicate(timeout=DEADLINE)
    assert running.returncode == 0
    assert "event=worker_died" in errors
    assert "event=worker_started" in errors


@pytest.mark.slow
@pytest.mark.parametrize("holds_the_lock", [False, True], ids=["stopped", "holds the interpreter lock"])
def test_a_frozen_worker_is_replaced(holds_the_lock: bool) -> None:
    """One that is stopped by SIGSTOP, or in a call that never releases the interpreter lock; the other continues."""
    # Only the first worker 0 hangs: its successor finds the file that it made.
    hangs = "number or os.path.exists(sys.argv[0]) or (open(sys.argv[0], 'w').close(), ctypes.PyDLL(None).sleep(600))"
    work = f"listens(); {hangs if holds_the_lock else 0}; stop.wait()"
    with (
        TemporaryDirectory() as folder,
        supervised(work, before=f"import ctypes; sys.argv[0] = {folder + '/hung'!r}", beat_seconds=0.2) as running,
    ):
        await_line(running)
        first, second = workers_of(running)
        if not holds_the_lock:
            first.send_signal(signal.SIGSTOP)
        await_that(lambda: len(workers := workers_of(running)) == 2 and first not in workers)
        assert second in workers_of(running)
        running.terminate()
        _, errors = running.communicate(timeout=DEADLINE)
    assert running.returncode == 0
    assert errors.count("event=worker_frozen worker=0") == 1


FAILING_FORKS = """
fork, failures = os.fork, iter({failures})
def failing():
    if next(failures, False):
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return fork()
os.fork = failing
"""
"""The forks of which `failures` is true fail, as when the system has no process or memory left."""


@pytest.mark.slow
@pytest.mark.parametrize("when", ["at the start", "later"])
def test_a_failed_fork_is_tried_again(when: str) -> None:
    """After a pause that doubles; the other worker continues, and SIGTERM still ends all."""
    failures = [False, True, True] if when == "at the start" else [False, False, True, True]
    with supervised(SERVING, before=FAILING_FORKS.format(failures=failures)) as running:
        assert await_line(running) == "all listen\n"
        first, second = workers_of(running)
        if when == "later":
            second.kill()
            await_that(lambda: len(workers := workers_of(running)) == 2 and second not in workers)
        assert first in workers_of(running)
        running.terminate()
        _, errors = running.communicate(timeout=DEADLINE)
    assert running.returncode == 0
    pauses = [line.split("restart_in=")[1] for line in errors.splitlines() if "event=worker_not_started" in line]
    assert [float(pause.split()[0]) for pause in pauses] == ([0.01, 0.02] if when == "at the start" else [0.02, 0.04])


@pytest.mark.slow
def test_workers_end_when_the_parent_is_killed() -> None:
    """They notice it by themselves."""
    with supervised(SERVING) as running:
        await_line(running)
        workers = workers_of(running)
        running.kill()
        _, alive = psutil.wait_procs(workers, timeout=DEADLINE)
        running.communicate(timeout=DEADLINE)
    assert alive == []


@pytest.mark.slow
def test_a_worker_that_never_listens_ends_all() -> None:
    """The parent ends the other worker and fails; the log has the worker's exception."""
    with supervised("number and 1 / 0; listens(); stop.wait()") as running:
        out, errors = running.communicate(timeout=DEADLINE)
    assert running.returncode == 1
    assert out == ""
    assert "ZeroDivisionError" in errors
    assert "ChildProcessError: a worker ended before it listened" in errors


@pytest.mark.slow
def test_a_stop_during_the_start_is_no_failure() -> None:
    """Even if a worker ends before the parent handles its signal, as may happen after Ctrl-C, which all get."""
    with supervised("stop.wait()") as running:
        await_that(lambda: len(workers_of(running)) == 2)
        first, _ = workers_of(running)
        running.send_signal(signal.SIGSTOP)
        await_that(lambda: psutil.Process(running.pid).status() == psutil.STATUS_STOPPED)
        first.terminate()
        await_that(lambda: first.status() == psutil.STATUS_ZOMBIE)
        running.terminate()
        running.send_signal(signal.SIGCONT)
        _, errors = running.communicate(timeout=DEADLINE)
    assert (running.returncode, errors) == (0, "")


@pytest.mark.slow
def test_pauses_before_a_restart_double() -> None:
    """So a worker that crashes at every start does not use up a processor."""
    # A worker that ends before all listen ends the start, so this one waits for the end of the input.
    dies = "listens(); number and (os.read(0, 1), os._exit(3)); stop.wait()"
    with supervised(dies, first_pause=0.05) as running:
        await_line(running)
        assert running.stdin is not None
        assert running.stderr is not None
        running.stdin.close()
        running.stdin = None
        pauses: list[float] = []
        for line in running.stderr:
            if "event=worker_died" in line:
                assert " code=3 " in line
                pauses.append(float(line.split("restart_in=")[1].split()[0]))
            if len(pauses) == 5:
                break
        running.terminate()
        running.communicate(timeout=DEADLINE)
    assert pauses == [0.05, 0.1, 0.2, 0.4, 0.8]


@pytest.mark.slow
def test_a_worker_that_does_not_end_is_killed() -> None:
    """Then the parent fails."""
    with supervised("listens(); [time.sleep(100) for _ in range(9)]", end_seconds=0.3) as running:
        await_line(running)
        workers = workers_of(running)
        running.terminate()
        _, errors = running.communicate(timeout=DEADLINE)
    assert running.returncode == 1
    assert "a worker had to be killed" in errors
    assert not any(worker.is_running() for worker in workers)
