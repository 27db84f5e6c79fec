"""The relays of all destinations, each in a thread of its own."""

from collections.abc import Callable
from threading import Event, Thread
from types import TracebackType

import structlog

from marketplace.relay.relay import Relay
from marketplace.relay.senders import PaymentProvider, PaymentsSender, RecommendationsSender, Recorder, Sender
from marketplace.store import Store

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
            Thread(
                target=Relay(store, sender, wake=wake, stop=self._stop).run,
                name=f"relay to {sender.destination.value}",
            )
            for sender, wake in zip(senders, self._wakes, strict=True)
        ]
        self._threads.append(Thread(target=self._repeat, args=(every_minute,), name="every minute"))

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
