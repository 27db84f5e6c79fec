"""A thread that must run: if its work ends, that is logged and visible, and it starts again."""

from collections.abc import Callable
from math import inf
from threading import Event, Thread
from time import monotonic

import structlog

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
"""How long until ended work starts again; the pause doubles each time that it ends early."""

EARLY_SECONDS = 60.0
"""How soon after its start an end counts as early."""

_log = structlog.get_logger()


class WatchedThread:
    """Runs `work`, which must end only once `stop` is set; if it ends earlier, it is run again after a pause."""

    def __init__(self, work: Callable[[], object], *, name: str, stop: Event) -> None:
        self.name = name
        self._work = work
        self._stop = stop
        self._thread = Thread(target=self._run, name=name)
        self._healthy_from = -inf

    @property
    def has_failed(self) -> bool:
        """Whether its work ended, and has not run again for at least as long as the pause before."""
        if self._thread.ident is None or self._stop.is_set():
            return False
        return not self._thread.is_alive() or monotonic() < self._healthy_from

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """Wait until it ends; `stop` must be set."""
        self._thread.join()

    def _run(self) -> None:
        pause = 0.0
        while True:
            started, failure = monotonic(), None
            try:
                self._work()
            except BaseException as error:  # noqa: BLE001  (not even SystemExit may end this thread alone)
                failure = error
            if self._stop.is_set() and failure is None:
                return
            self._healthy_from = inf
            is_early = monotonic() - started < EARLY_SECONDS
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS) if pause and is_early else FIRST_PAUSE_SECONDS
            _log.error("thread_failed", thread=self.name, restart_in=pause, exc_info=failure)
            if self._stop.wait(pause):
                return
            self._healthy_from = monotonic() + pause
