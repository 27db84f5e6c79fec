"""Ends a process at a signal, whatever hangs."""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType

import structlog

WATCHDOG_SECONDS = 5.0
"""How long a process may outlive the time for draining before it is killed."""

_LOG_SECONDS = 1.0

_log = structlog.get_logger()


class Shutdown:
    """A context manager around all that a process does, the closing of its resources included."""

    def __init__(self, seconds: float) -> None:
        """A process that has not ended `seconds` after the signal is killed."""
        self._seconds = seconds
        self._watchdog: threading.Timer | None = None

    def on_signal(self, stop: Callable[[], object]) -> None:
        """Call `stop` at SIGTERM and SIGINT."""

        def end(_signal: int, _frame: FrameType | None) -> None:
            if self._watchdog is None:
                self._watchdog = start_watchdog(self._seconds)
            stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)

    def __enter__(self) -> "Shutdown":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()


def start_watchdog(seconds: float) -> threading.Timer:
    """Kill the process after `seconds`, unless the timer is cancelled; everything acknowledged is stored."""
    timer = threading.Timer(seconds, _kill)
    timer.daemon = True
    timer.start()
    return timer


def _kill() -> None:
    # In a thread of its own: the log may hang too.
    logging = threading.Thread(target=_log.error, args=("stopped_by_watchdog",), daemon=True)
    logging.start()
    logging.join(_LOG_SECONDS)
    os._exit(1)
