"""Threads that must run."""

from threading import Event

import pytest
import structlog

from servicekit.serving.watched_thread import WatchedThread
from tests.e2e.processes import await_that


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicekit.serving.watched_thread.FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("servicekit.serving.watched_thread.LONGEST_PAUSE_SECONDS", 0.04)


@pytest.mark.parametrize("failure", [ZeroDivisionError(), SystemExit(), None])
def test_work_that_ends_is_run_again(failure: BaseException | None) -> None:
    """After pauses that grow; it is logged, and has not failed any more once it has run for a while."""
    stop, runs = Event(), []

    def work() -> None:
        runs.append(thread.has_failed)
        if len(runs) <= 4:
            if failure is not None:
                raise failure
            return
        stop.wait()

    thread = WatchedThread(work, name="relay", stop=stop)
    assert not thread.has_failed
    with structlog.testing.capture_logs() as logs:
        thread.start()
        try:
            await_that(lambda: len(runs) == 5)
            await_that(lambda: not thread.has_failed)
        finally:
            stop.set()
            thread.join()
    assert runs[0] is False
    assert runs[1:] == [True] * 4
    assert [(log["event"], log["thread"], log["restart_in"]) for log in logs] == [
        ("thread_failed", "relay", pause) for pause in (0.01, 0.02, 0.04, 0.04)
    ]
    assert [log["exc_info"] for log in logs] == [failure] * 4
    assert not thread.has_failed


def test_work_that_fails_is_visible_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """During the pause; stopping does not wait for its end."""
    monkeypatch.setattr("servicekit.serving.watched_thread.FIRST_PAUSE_SECONDS", 3600.0)
    stop = Event()
    thread = WatchedThread(lambda: 1 / 0, name="relay", stop=stop)
    with structlog.testing.capture_logs():
        thread.start()
        await_that(lambda: thread.has_failed)
        stop.set()
        thread.join()
    assert not thread.has_failed


def test_work_that_ends_when_it_is_stopped_has_not_failed() -> None:
    """Nothing is logged."""
    stop = Event()
    thread = WatchedThread(stop.wait, name="relay", stop=stop)
    with structlog.testing.capture_logs() as logs:
        thread.start()
        assert not thread.has_failed
        stop.set()
        thread.join()
    assert logs == []
