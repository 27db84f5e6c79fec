"""Helpers for tests of the relay: an outbox with events, and relays with a manual clock."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Event

from marketplace.domain.destinations import EventDestination
from marketplace.domain.events import RECOMMENDATIONS, Destination, Message
from marketplace.domain.interactions import Interaction, InteractionKind
from marketplace.relay import Relays
from marketplace.relay.relay import Relay
from marketplace.relay.senders import (
    EventsSender,
    Fetcher,
    PaymentProvider,
    PaymentsSender,
    PreviewsSender,
    RecommendationsSender,
    Recorder,
)
from marketplace.store import Store
from marketplace.store.outbox.deliveries import DestinationStatus
from tests.marketplace.fakes import NOON, Clock

CLICK = Interaction(id="", reader_id=1_000_000_007, book_id=7, kind=InteractionKind.CLICK, occurred_at=NOON)


class Stop(Event):
    """A stop event that records its waits and advances the clock; it is set after `after` waits."""

    def __init__(self, after: int = 100, clock: Clock | None = None) -> None:
        super().__init__()
        self.waits: list[float] = []
        self._after = after
        self._clock = clock or Clock()

    @property
    def now(self) -> Callable[[], datetime]:
        return self._clock.now

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        # A real wait never ends early.
        self._clock.seconds += (timeout or 0.0) + 0.001
        if len(self.waits) == self._after:
            self.set()
        return self.is_set()


def relay(store: Store, recorder: Recorder, *, clock: Clock | None = None, batch: int = 500) -> Relay:
    """A relay to Recommendations, for single deliveries."""
    sender = RecommendationsSender(store, recorder)
    return Relay(store, sender, wake=Event(), stop=Event(), batch=batch, clock=(clock or Clock()).now)


def payments(store: Store, provider: PaymentProvider, *, clock: Clock | None = None) -> Relay:
    return Relay(store, PaymentsSender(provider), wake=Event(), stop=Event(), clock=(clock or Clock()).now)


def previews(store: Store, fetcher: Fetcher, *, clock: Clock | None = None) -> Relay:
    return Relay(store, PreviewsSender(fetcher), wake=Event(), stop=Event(), clock=(clock or Clock()).now)


def relays_of(
    store: Store,
    recorder: Recorder,
    provider: PaymentProvider,
    *,
    connect: Callable[[EventDestination], EventsSender] | None = None,
    every_minute: Sequence[Callable[[], object]] = (),
) -> Relays:
    """The relays to Recommendations and the payment provider, and to destinations of events."""
    senders = (RecommendationsSender(store, recorder), PaymentsSender(provider))
    return Relays(store, senders, connect=connect or _no_other, every_minute=every_minute)


def _no_other(stored: EventDestination) -> EventsSender:
    raise AssertionError(stored.address)


def run(store: Store, recorder: Recorder, stop: Stop) -> None:
    """Run a relay's loop in this thread until `stop` is set."""
    wake = Event()
    wake.set()
    Relay(store, RecommendationsSender(store, recorder), wake=wake, stop=stop, clock=stop.now).run()


def add_clicks(store: Store, *ids: str) -> None:
    add_events(store, *(replace(CLICK, id=id_) for id_ in ids))


def add_events(store: Store, *events: Message) -> None:
    with store.write() as work:
        for event in events:
            work.outbox.add(event, created_at=NOON)
        work.commit()


def waiting(store: Store) -> list[str]:
    with store.read() as work:
        return [row.payload["id"] for row in work.outbox.waiting(100)]


def failures(store: Store) -> list[str]:
    with store.read() as work:
        return [event.reason for event in work.outbox.failed(100)]


def status(store: Store, destination: Destination = RECOMMENDATIONS) -> DestinationStatus:
    with store.read() as work:
        return work.deliveries.statuses()[destination]


def raising(*errors: BaseException | None, then: Callable[[], None] = lambda: None) -> Callable[[], None]:
    """A function that raises these errors in turn (None for a successful call), and then calls `then`."""
    left = list(errors)

    def script() -> None:
        error = left.pop(0) if left else None
        if error is not None:
            raise error
        then()

    return script
