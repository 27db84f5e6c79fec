"""Workers are kept running and ended together."""

import os
import signal
import subprocess
import sys

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
def work(number, stop, listens):
    {work}
workers.Supervisor(2, work, end_seconds={end_seconds}).run(lambda: print("all listen", flush=True))
"""
"""It runs in its own process: that of the tests has threads and must not be forked."""


def supervised(work: str, *, first_pause: float = 0.01, end_seconds: float = 10.0) -> subprocess.Popen[str]:
    """A supervisor of two workers that do `work`."""
    program = PROGRAM.format(work=work, first_pause=first_pause, end_seconds=end_seconds)
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
