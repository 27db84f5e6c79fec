"""An executor for short calls, which costs less than they do."""

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
    """Runs calls of grpcio on a few threads that all wait at one queue.

    The standard executor makes a future, a condition and several lock operations for each call, all of which hold the
    interpreter lock. grpcio needs none of it: it uses a future only to count calls, for a limit that is not set. So
    all calls get one future, which is done. Only the type is that of the standard executor: grpcio asks for it.
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
        """Have a thread run the call; the future that is returned does not wait for that."""
        self._calls.put(partial(call, *args, **kwargs))
        return _ACCEPTED

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """End the threads, once they have run the calls that were submitted before."""
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
            # While this waits for the next call, nothing of the last one is kept.
            del call
