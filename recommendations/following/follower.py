"""The thread that keeps this process in step with the store, and what calls ask of it."""

import threading
import time
from collections.abc import Callable
from math import inf

import structlog

from recommendations.domain.errors import NotReady, StoreUnavailable
from recommendations.following.loader import ModelLoader
from recommendations.following.notifications import NoOthers, Notifications
from recommendations.following.pruning import Pruning
from recommendations.following.replica import Replica
from recommendations.ports import Model, Models, Store

POLL_SECONDS = 0.1
"""How often the store is read: what another process stored counts here within 250 ms, busy processors included."""

NOTICE_SECONDS = POLL_SECONDS / 4
"""How often the other workers' notifications are read, which needs no store."""

_log = structlog.get_logger()


class Follower:
    """Follows the store. `model` and `reader` are read from memory and never wait, whatever the store does."""

    def __init__(
        self,
        store: Store,
        models: Models,
        *,
        notifications: Notifications | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._notifications: Notifications = notifications or NoOthers()
        self._clock = clock
        self._replica = Replica(store, models)
        self._loader = ModelLoader(store, self._replica, clock)
        self._pruning = Pruning(models, self._replica, clock)
        self._seen = self._notifications.counts()
        self._synced_at = -inf
        self._failing = False

    @property
    def ready(self) -> bool:
        """Whether there is a model to answer from."""
        return self._replica.model is not None

    @property
    def model(self) -> Model:
        """The model in use. Raises NotReady."""
        model = self._replica.model
        if model is None:
            raise NotReady
        return model

    def reader(self, reader_id: int) -> int:
        """The reader that an id stands for: itself, the one it was merged into, or NOBODY once it was forgotten."""
        return self._replica.reader(reader_id)

    def age(self) -> float:
        """Seconds since the store was last read to its end: what was stored before that counts here."""
        return self._clock() - self._synced_at

    def after_write(self) -> None:
        """Notify the other workers of what was stored, and apply it here. Raises StoreUnavailable."""
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
        # Before the store is read: what is notified of later may not be in what is read.
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
        except Exception:  # noqa: BLE001  (whatever one round fails with, the next one must come)
            _log.exception("following_failed")
        else:
            if self._failing:
                _log.info("store_available")
            self._failing = False

    def _wait(self, stop: threading.Event) -> bool:
        """Wait for the next round, or for a notification; returns whether to stop instead."""
        for _ in range(round(POLL_SECONDS / NOTICE_SECONDS)):
            if stop.wait(NOTICE_SECONDS):
                return True
            if self._notifications.counts() != self._seen:
                break
        return False
