"""Keeping the model at work in step with the store: events, changed books, departed readers, newer models."""

import threading
import time
from collections.abc import Callable
from math import inf
from operator import ge

import structlog

from recommendations.domain.errors import ForgettingUnfinished, ModelUnusable, NotReady, StoreUnavailable
from recommendations.domain.interactions import NOBODY
from recommendations.following.changes import Changes, Unshared
from recommendations.following.feeding import FedModel
from recommendations.ports import Model, Models, Store, UnitOfWork

POLL_SECONDS = 0.1
"""How often the store is asked: what another process stored is known here within a quarter of a second, also where
a round takes a while because all processors are busy."""

GLANCE_SECONDS = POLL_SECONDS / 4
"""How often it is looked whether another worker of this machine mentioned something, which needs no store."""

CANDIDATES = 3
"""How many models back a server looks for one that it can use."""

RETRY_SECONDS = 10.0
"""After this a refused model is looked at again, and an unfinished forgetting tried again: files may have come
late, or the disk may have failed."""

PATIENCE_SECONDS = 2.0
"""How long a call waits for what another worker stored, before it is answered from what is known here."""

_log = structlog.get_logger()


class Follower:
    """Holds the model at work and feeds it.

    Reading `model` and asking for a `reader` take no lock. Events reach a model in order, whoever notices them
    first.
    """

    def __init__(
        self,
        store: Store,
        models: Models,
        *,
        changes: Changes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._models = models
        self._changes: Changes = Unshared() if changes is None else changes
        self._clock = clock
        self._reached = self._changes.told()
        self._heard = self._changes.mentioned()
        self._in_touch = True
        self._feeding = threading.Lock()
        self._at_work: FedModel | None = None
        self._catalogue = 0
        self._departures = 0
        self._became: dict[int, int | None] = {}
        self._forgotten: set[int] = set()
        self._pruning = threading.Lock()
        self._pruned: tuple[str | None, int] | None = None
        self._prune_not_before = -inf
        self._refused: dict[str, float] = {}
        self._failing = False

    @property
    def ready(self) -> bool:
        """Whether there is a model at work."""
        return self._at_work is not None

    @property
    def model(self) -> Model:
        """The model at work. Raises NotReady."""
        fed = self._at_work
        if fed is None:
            raise NotReady
        return fed.model

    def reader(self, reader_id: int) -> int:
        """The reader that an id stands for: itself, the one it was merged into, or NOBODY once it was forgotten."""
        became = self._became.get(reader_id, reader_id)
        return NOBODY if became is None else became

    def catch_up(self) -> None:
        """Bring the model at work up to what is stored by now. Raises StoreUnavailable."""
        with self._feeding:
            self._follow()

    def has_stored(self) -> None:
        """Catch up with what was stored here, which other workers must know with their next call.

        That is for what is rare: every call of theirs waits for it. Raises StoreUnavailable.
        """
        self._changes.tell()
        self.catch_up()

    def has_recorded(self) -> None:
        """Catch up with what readers did, which other workers should know soon. Raises StoreUnavailable."""
        self._changes.mention()
        self.catch_up()

    def keep_up(self) -> None:
        """Bring the model at work up to what any worker of this machine has told to be stored.

        For every call to make first: where nobody told anything new that costs no more than a look. It never fails:
        what cannot be read just now is not waited for, and comes when the store answers again.
        """
        told = self._changes.told()
        if self._covers(told) or not self._in_touch:
            return
        if not self._feeding.acquire(timeout=PATIENCE_SECONDS):
            _log.warning("counted_later", cause="following takes long")
            return
        try:
            # Whoever had the lock before may have read it all.
            if not self._covers(told):
                self._follow()
        except Exception as error:  # noqa: BLE001  (an answer from what is known is better than none)
            # Until a round of the follower succeeds: while the store hangs, not every call is to hang with it.
            self._in_touch = False
            _log.warning("counted_later", cause=type(error.__cause__ or error).__name__)
        finally:
            self._feeding.release()

    def take_up(self) -> None:
        """Put the newest usable model to work, if it is not already. Raises StoreUnavailable.

        It is made ready beside the old one, which serves until the very moment of the exchange.
        """
        with self._store.read() as work:
            versions = work.models.latest(CANDIDATES)
        for version in versions:
            if self._at_work is not None and self._at_work.model.version == version:
                return
            refused_at = self._refused.get(version)
            if refused_at is not None and self._clock() - refused_at < RETRY_SECONDS:
                continue
            if self._exchange(version):
                return

    def prune(self) -> None:
        """Have the models' files rewritten without everybody who was forgotten. Raises ForgettingUnfinished.

        It does nothing where that was done since the last one was forgotten and the last model taken up: a model
        may have been trained on the history of somebody who was forgotten before it was published.
        """
        with self._pruning:
            with self._feeding:
                forgotten = sorted(self._forgotten)
            # Nobody is ever remembered again, so that their number says who they are.
            state = (self._at_work.model.version if self._at_work is not None else None, len(forgotten))
            if forgotten and state != self._pruned:
                self._models.forget(forgotten)
                self._pruned = state

    def run(self, stop: threading.Event, on_ready: Callable[[], None]) -> None:
        """Follow until told to stop; `on_ready` is called once, when the first model is at work."""
        announced = False
        while True:
            self.step()
            if self.ready and not announced:
                on_ready()
                announced = True
            if self._rest(stop):
                return

    def step(self) -> None:
        """Follow once; failures are logged when they begin and when they end."""
        try:
            self.catch_up()
            self.take_up()
            self._finish_forgetting()
        except StoreUnavailable as error:
            if not self._failing:
                _log.error("store_unavailable", cause=type(error.__cause__).__name__)
            self._failing = True
        except Exception:  # noqa: BLE001  (whatever one round met, the next one must come)
            _log.exception("following_failed")
        else:
            if self._failing:
                _log.info("store_available")
            self._failing = False
            self._in_touch = True

    def _rest(self, stop: threading.Event) -> bool:
        """Until the next round; returns whether to stop instead."""
        for _ in range(round(POLL_SECONDS / GLANCE_SECONDS)):
            if stop.wait(GLANCE_SECONDS):
                return True
            if self._changes.mentioned() != self._heard:
                break
        return False

    def _covers(self, told: list[int]) -> bool:
        # Mostly nothing is new, and equal is quicker to see than not less.
        reached = self._reached
        return told == reached or all(map(ge, reached, told))

    def _follow(self) -> None:
        # Looked at before the store is: what was told by then is in what is read.
        told, self._heard = self._changes.told(), self._changes.mentioned()
        with self._store.read() as work:
            self._follow_books(work)
            self._follow_readers(work)
            if self._at_work is not None:
                self._at_work.catch_up(work)
        self._reached = told

    def _exchange(self, version: str) -> bool:
        catalogue = self._catalogue
        try:
            fed = FedModel(self._models.open(version))
        except ModelUnusable as error:
            if version not in self._refused:
                _log.error("model_refused", version=version, reason=str(error))
            self._refused[version] = self._clock()
            return False
        # Most of what the model missed since its training is fed before anyone has to wait.
        with self._store.read() as work:
            fed.catch_up(work)
        with self._feeding, self._store.read() as work:
            if self._catalogue != catalogue:
                fed.model.restock()
            fed.catch_up(work)
            self._at_work = fed
        _log.info("model_taken_up", version=version)
        return True

    def _follow_books(self, work: UnitOfWork) -> None:
        changed, revision = work.books.changed_since(self._catalogue)
        if changed:
            self._models.stock(changed)
            if self._at_work is not None:
                self._at_work.model.restock()
        self._catalogue = revision

    def _follow_readers(self, work: UnitOfWork) -> None:
        departed, self._departures = work.readers.departed_since(self._departures)
        self._became.update(departed)
        self._forgotten.update(reader_id for reader_id, into in departed if into is None)

    def _finish_forgetting(self) -> None:
        # Also what another process, or this one before a crash, forgot but did not come to prune.
        if self._clock() < self._prune_not_before:
            return
        try:
            self.prune()
        except ForgettingUnfinished as error:
            _log.error("forgetting_unfinished", cause=type(error.__cause__).__name__)
            self._prune_not_before = self._clock() + RETRY_SECONDS
