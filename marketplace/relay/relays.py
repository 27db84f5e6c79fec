"""The relays of all destinations, each in a thread of its own."""

from collections.abc import Callable
from functools import partial
from threading import Event
from types import TracebackType

import structlog

from marketplace.relay.relay import Relay
from marketplace.relay.senders import PaymentProvider, PaymentsSender, RecommendationsSender, Recorder, Sender
from marketplace.store import Store
from servicekit.serving.watched_thread import WatchedThread

log = structlog.get_logger()

MINUTE = 60.0


class Relays:
    """A context manager that delivers to all destinations; one that hangs does not delay the others."""

    def __init__(
        self,
        store: Store,
        recorder: Recorder,
        provider: PaymentProvider,
        *,
        every_minute: Callable[[], object] = lambda: None,
    ) -> None:
        """`every_minute` is called every minute while the block lasts."""
        senders: tuple[Sender, ...] = (RecommendationsSender(store, recorder), PaymentsSender(provider))
        self._stop = Event()
        self._wakes = [Event() for _ in senders]
        self._threads = [
            WatchedThread(
                Relay(store, sender, wake=wake, stop=self._stop).run,
                name=f"relay to {sender.destination.value}",
                stop=self._stop,
            )
            for sender, wake in zip(senders, self._wakes, strict=True)
        ]
        repeat = partial(self._repeat, every_minute)
        self._threads.append(WatchedThread(repeat, name="every minute", stop=self._stop))

    def failed(self) -> list[str]:
        """The names of the threads that have failed; each is started again by itself."""
        return [thread.name for thread in self._threads if thread.has_failed]

    def wake(self) -> None:
        """Deliver at once: an event was written."""
        for wake in self._wakes:
            wake.set()

    def __enter__(self) -> "Relays":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self.wake()
        for thread in self._threads:
            thread.join()

    def _repeat(self, every_minute: Callable[[], object]) -> None:
        while not self._stop.wait(MINUTE):
            try:
                every_minute()
            except Exception:
                log.exception("overdue_payments_not_requested")
