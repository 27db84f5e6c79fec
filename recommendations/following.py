"""Keeping the model at work in step with the store: new events, changed books, newer models."""

import threading
import time
from collections.abc import Callable, Iterator

import structlog

from recommendations.domain import Book, ModelUnusable, NotReady, StoreUnavailable
from recommendations.ports import Model, OpenModel, Store

POLL_SECONDS = 0.2
"""How often the store is asked: what another process stored is known here within a quarter of a second."""

CANDIDATES = 3
"""How many models back a server looks for one that it can use."""

RETRY_SECONDS = 10.0
"""After this a refused model is looked at again: its files may have come late, or the disk may have failed."""

_log = structlog.get_logger()


class Follower:
    """Holds the model at work and feeds it.

    Reading `model` takes no lock. Events reach a model once and in order, whoever notices them first.
    """

    def __init__(self, store: Store, open_model: OpenModel, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._open_model = open_model
        self._feeding = threading.Lock()
        self._model: Model | None = None
        self._books: dict[int, Book] = {}
        self._revision = 0
        self._sequence = 0
        self._refused: dict[str, float] = {}
        self._failing = False

    @property
    def ready(self) -> bool:
        """Whether there is a model at work."""
        return self._model is not None

    @property
    def model(self) -> Model:
        """The model at work. Raises NotReady."""
        if self._model is None:
            raise NotReady
        return self._model

    def catch_up(self) -> None:
        """Bring the model at work up to what is stored by now. Raises StoreUnavailable."""
        with self._feeding:
            self._follow_books()
            if self._model is not None:
                # Noted after every chunk: what was observed before a failure is not observed again after it.
                for sequence in self._feed(self._model, self._sequence):
                    self._sequence = sequence

    def take_up(self) -> None:
        """Put the newest usable model to work, if it is not already. Raises StoreUnavailable.

        It is made ready beside the old one, which serves until the very moment of the exchange.
        """
        with self._store.read() as work:
            versions = work.models.latest(CANDIDATES)
        for version in versions:
            if self._model is not None and self._model.version == version:
                return
            refused_at = self._refused.get(version)
            if refused_at is not None and self._clock() - refused_at < RETRY_SECONDS:
                continue
            if self._exchange(version):
                return

    def run(self, stop: threading.Event, on_ready: Callable[[], None]) -> None:
        """Follow until told to stop; `on_ready` is called once, when the first model is at work."""
        announced = False
        while True:
            self.step()
            if self.ready and not announced:
                on_ready()
                announced = True
            if stop.wait(POLL_SECONDS):
                return

    def step(self) -> None:
        """Follow once; failures are logged when they begin and when they end."""
        try:
            self.catch_up()
            self.take_up()
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

    def _exchange(self, version: str) -> bool:
        books = self._books
        try:
            model = self._open_model(version, books)
        except ModelUnusable as error:
            if version not in self._refused:
                _log.error("model_refused", version=version, reason=str(error))
            self._refused[version] = self._clock()
            return False
        # Most of what the model missed since its training is fed before anyone has to wait.
        sequence = max(self._feed(model, model.sequence), default=model.sequence)
        with self._feeding:
            if self._books is not books:
                model.stock(self._books)
            self._sequence = max(self._feed(model, sequence), default=sequence)
            self._model = model
        _log.info("model_taken_up", version=version)
        return True

    def _follow_books(self) -> None:
        with self._store.read() as work:
            changed, revision = work.books.changed_since(self._revision)
        if changed:
            self._books = self._books | {book.id: book for book in changed}
            if self._model is not None:
                self._model.stock(self._books)
        self._revision = revision

    def _feed(self, model: Model, sequence: int) -> Iterator[int]:
        """Feed what is stored after `sequence`, chunk by chunk; yields how far the model has come."""
        with self._store.read() as work:
            for events in work.interactions.events_after(sequence):
                if events:
                    model.observe(events)
                    yield events[-1].sequence
