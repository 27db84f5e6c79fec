"""A thread pool for short calls, with less overhead than the standard one."""

import threading
from collections.abc import Callable
from concurrent import futures
from functools import partial
from queue import SimpleQueue
from typing import Any

import structlog

_log = structlog.get_logger()

_ACCEPTED: futures.Future[Any] = futures.Future()
_ACCEPTED.set_result(None)


class CallExecutor(futures.ThreadPoolExecutor):
    """Runs grpcio's calls on a few threads that share one queue.

    For each call the standard executor makes a future and a condition and takes several locks, all while it holds the
    interpreter lock. grpcio uses a future only to count calls, for a limit that is not set. So all calls get the same
    future, which is done. It is a subclass only because grpcio checks the type.
    """

    def __init__(self, threads: int, *, name: str) -> None:
        super().__init__(threads)
        self._calls: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._running = [
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True) for number in range(threads)
        ]
        for thread in self._running:
            thread.start()

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> futures.Future[Any]:
        """Queue a call; the future returned is done before the call has run."""
        self._calls.put(partial(call, *args, **kwargs))
        return _ACCEPTED

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """End the threads after the calls submitted before."""
        for _ in self._running:
            self._calls.put(None)
        if wait:
            for thread in self._running:
                thread.join()

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                call()
            except Exception:  # noqa: BLE001  (the thread is needed for the next call)
                _log.exception("call_failed")
            # Free its request and response before waiting for the next call.
            del call
