"""The thread that keeps this process up to date with the store, and what calls read from it."""

import threading
import time
from collections.abc import Callable
from math import inf

import structlog

from recommendations.domain.errors import NotReady, StoreUnavailable
from recommendations.following.loader import ModelLoader
from recommendations.following.notifications import NoNotifications, Notifications
from recommendations.following.pruning import Pruning
from recommendations.following.replica import Replica
from recommendations.ports import Model, Models, Store

POLL_SECONDS = 0.1
"""How often the store is read: what another process stored counts here within 250 ms, even on a busy machine."""

NOTIFICATION_POLL_SECONDS = POLL_SECONDS / 4
"""How often the other workers' notifications are read, for which the store is not needed."""

_log = structlog.get_logger()


class Follower:
    """Follows the store. `model` and `reader` read memory and never wait for the store."""

    def __init__(
        self,
        store: Store,
        models: Models,
        *,
        notifications: Notifications | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._notifications: Notifications = notifications or NoNotifications()
        self._clock = clock
        self._replica = Replica(store, models)
        self._loader = ModelLoader(store, self._replica, clock)
        self._pruning = Pruning(models, self._replica, clock)
        self._seen = self._notifications.counts()
        self._synced_at = -inf
        self._failing = False

    @property
    def ready(self) -> bool:
        """Whether there is a model."""
        return self._replica.model is not None

    @property
    def model(self) -> Model:
        """The model in use. Raises NotReady."""
        model = self._replica.model
        if model is None:
            raise NotReady
        return model

    def reader(self, reader_id: int) -> int:
        """The id itself, the reader it was merged into, or NOBODY if it was forgotten."""
        return self._replica.reader(reader_id)

    def age(self) -> float:
        """Seconds since the last complete read of the store began: everything stored before it counts here."""
        return self._clock() - self._synced_at

    def after_write(self) -> None:
        """Notify the other workers that something was stored, and apply it here. Raises StoreUnavailable."""
        self._notifications.notify()
        self._replica.sync()

    def prune(self) -> None:
        """Remove the forgotten readers from the models' files. Raises ForgettingUnfinished."""
        self._pruning.prune()

    def run(self, stop: threading.Event, on_ready: Callable[[], None]) -> None:
        """Follow until `stop` is set; `on_ready` is called once, when the first model is loaded."""
        announced = False
        while True:
            self.step()
            if self.ready and not announced:
                on_ready()
                announced = True
            if self._wait(stop):
                return

    def step(self) -> None:
        """Follow once; failures of the store are logged when they begin and when they end."""
        # Read before the store: a later notification may be about something that this read misses.
        self._seen = self._notifications.counts()
        started = self._clock()
        try:
            self._replica.sync()
            self._synced_at = started
            self._loader.load_newest()
            self._pruning.retry()
        except StoreUnavailable as error:
            if not self._failing:
                _log.error("store_unavailable", cause=type(error.__cause__ or error).__name__)
            self._failing = True
        except Exception:  # noqa: BLE001  (the next round must come, whatever this one fails with)
            _log.exception("following_failed")
        else:
            if self._failing:
                _log.info("store_available")
            self._failing = False

    def _wait(self, stop: threading.Event) -> bool:
        """Wait for the next round, or for a notification; returns whether to stop instead."""
        for _ in range(round(POLL_SECONDS / NOTIFICATION_POLL_SECONDS)):
            if stop.wait(NOTIFICATION_POLL_SECONDS):
                return True
            if self._notifications.counts() != self._seen:
                break
        return False
