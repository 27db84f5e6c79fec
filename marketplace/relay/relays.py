"""The relays of all destinations, each in a thread of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Event
from types import TracebackType

import structlog

from marketplace.domain.destinations import EventDestination
from marketplace.domain.errors import StoreUnavailable
from marketplace.relay.lease import MAX_WAIT_ELSEWHERE
from marketplace.relay.relay import Relay
from marketplace.relay.senders import EventsSender, Sender
from marketplace.store import Store
from servicekit.serving.watched_thread import WatchedThread

log = structlog.get_logger()

MINUTE = 60.0
LOOK_SECONDS = 1.0
"""How soon a relay follows a moderator's change of destinations."""


@dataclass(frozen=True, slots=True)
class _Running:
    """A relay's thread, what wakes and stops it, and the address that it delivers to."""

    thread: WatchedThread
    wake: Event
    stop: Event
    address: tuple[str, str] = ("", "")

    def end(self) -> None:
        self.stop.set()
        self.wake.set()


class Relays:
    """A context manager that delivers to all destinations; one that hangs does not delay the others."""

    def __init__(
        self,
        store: Store,
        senders: Sequence[Sender],
        *,
        connect: Callable[[EventDestination], EventsSender],
        every_minute: Sequence[Callable[[], object]] = (),
    ) -> None:
        """`senders` are those of the destinations that every shop has; `connect` makes the one of another.

        Each of `every_minute` is called every minute while the block lasts, whether or not others fail.
        """
        self._store = store
        self._connect = connect
        self._every_minute = every_minute
        self._stop = Event()
        self._own = [self._relay(sender) for sender in senders]
        self._repeating = WatchedThread(self._repeat, name="every minute", stop=self._stop)
        self._following = WatchedThread(self._follow, name="destinations", stop=self._stop)
        # Replaced as a whole: pages read it in other threads.
        self._others: Mapping[int, _Running] = {}
        self._ending: list[_Running] = []

    def failed(self) -> list[str]:
        """The names of the threads that have failed; each is started again by itself."""
        running = (*self._own, *self._others.values())
        threads = (*(relay.thread for relay in running), self._repeating, self._following)
        return [thread.name for thread in threads if thread.has_failed]

    def wake(self) -> None:
        """Deliver at once: an event was written."""
        for relay in (*self._own, *self._others.values()):
            relay.wake.set()

    def __enter__(self) -> "Relays":
        for thread in (*(relay.thread for relay in self._own), self._repeating, self._following):
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._following.join()  # it starts no further ones
        relays = (*self._own, *self._others.values(), *self._ending)
        for relay in relays:
            relay.end()
        for relay in relays:
            relay.thread.join()
        self._repeating.join()

    def _relay(self, sender: Sender) -> _Running:
        wake, stop = Event(), Event()
        relay = Relay(self._store, sender, wake=wake, stop=stop)
        work = partial(_run, relay, sender)
        name = f"relay to {sender.destination.value}"
        return _Running(WatchedThread(work, name=name, stop=stop), wake, stop)

    def _relay_to(self, stored: EventDestination) -> _Running:
        wake, stop = Event(), Event()

        def deliver() -> None:
            sender = self._connect(stored)
            _run(Relay(self._store, sender, wake=wake, stop=stop, max_wait=MAX_WAIT_ELSEWHERE), sender)

        thread = WatchedThread(deliver, name=f"relay to {stored.destination.value}", stop=stop)
        return _Running(thread, wake, stop, (stored.url, stored.secret))

    def _follow(self) -> None:
        """Start and stop relays as moderators, in any process, add and disable destinations."""
        is_reachable = True
        while not self._stop.is_set():
            try:
                with self._store.read() as work:
                    stored = {destination.number: destination for destination in work.destinations.all()}
                is_reachable = True
                self._adjust({number: found for number, found in stored.items() if found.is_enabled})
            except StoreUnavailable:
                if is_reachable:  # once for an outage
                    log.exception("destinations_not_read")
                is_reachable = False
            self._stop.wait(LOOK_SECONDS)

    def _adjust(self, wanted: Mapping[int, EventDestination]) -> None:
        kept: dict[int, _Running] = {}
        for number, running in self._others.items():
            stored = wanted.get(number)
            if stored is not None and running.address == (stored.url, stored.secret):
                kept[number] = running
            else:
                # Its call may take a while; nobody waits for it. Its lease keeps a new relay of the same destination
                # from delivering meanwhile.
                running.end()
                self._ending.append(running)
        new = {number: self._relay_to(stored) for number, stored in wanted.items() if number not in kept}
        self._ending = [relay for relay in self._ending if relay.thread.is_alive]
        self._others = kept | new
        for relay in new.values():
            relay.thread.start()

    def _repeat(self) -> None:
        while not self._stop.wait(MINUTE):
            for job in self._every_minute:
                try:
                    job()
                except Exception:
                    log.exception("job_failed", job=getattr(job, "__qualname__", ""))


def _run(relay: Relay, sender: Sender) -> None:
    try:
        relay.run()
    finally:
        if isinstance(sender, EventsSender):
            sender.close()
