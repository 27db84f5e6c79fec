"""Ends a process at a signal, whatever hangs."""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

import structlog

from servicekit.logs import finish_logs

WATCHDOG_SECONDS = 5.0
"""How long a process may outlive the time for draining before it is killed."""

_log = structlog.get_logger()


def stop_on_signal(stop: Callable[[], object], *, seconds: float) -> None:
    """Call `stop` at SIGTERM and SIGINT, and kill the process if it has not ended `seconds` later."""
    watchdogs: list[threading.Timer] = []

    def end(_signal: int, _frame: FrameType | None) -> None:
        if not watchdogs:
            watchdogs.append(start_watchdog(seconds))
        stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def start_watchdog(seconds: float) -> threading.Timer:
    """Kill the process after `seconds`, unless the timer is cancelled; everything acknowledged is stored."""
    timer = threading.Timer(seconds, _kill)
    timer.daemon = True
    timer.start()
    return timer


def _kill() -> None:
    _log.error("stopped_by_watchdog")
    finish_logs()
    os._exit(1)
