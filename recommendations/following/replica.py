"""The copy of the store in memory: the catalogue, the retired readers, and a model that has applied all events."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from recommendations.domain.errors import StoreUnavailable
from recommendations.domain.interactions import NOBODY
from recommendations.following.synced_model import SyncedModel
from recommendations.ports import Model, Models, Store, UnitOfWork
from servicekit.deadline import remaining


class Replica:
    """Any thread may read it without a lock. Changes take the lock, so events are applied in order."""

    def __init__(self, store: Store, models: Models) -> None:
        self._store = store
        self._models = models
        self._lock = threading.Lock()
        self._synced: SyncedModel | None = None
        self._catalogue_revision = 0
        self._retired_revision = 0
        self._retired: dict[int, int | None] = {}

    @property
    def model(self) -> Model | None:
        return self._synced.model if self._synced is not None else None

    def reader(self, reader_id: int) -> int:
        """The id itself, the reader it was merged into, or NOBODY if it was forgotten."""
        into = self._retired.get(reader_id, reader_id)
        return NOBODY if into is None else into

    def forgotten(self) -> list[int]:
        with self._locked():
            return sorted(reader_id for reader_id, into in self._retired.items() if into is None)

    def sync(self) -> None:
        """Apply what was stored since the last time. Raises StoreUnavailable."""
        with self._locked(), self._store.read() as work:
            self._sync_catalogue(work)
            retired, self._retired_revision = work.readers.retired_since(self._retired_revision)
            self._retired.update(retired)
            if self._synced is not None:
                self._synced.sync(work)

    def switch_to(self, version: str) -> None:
        """Open a model and use it; the old one answers until then. Raises ModelUnusable and StoreUnavailable."""
        revision = self._catalogue_revision
        synced = SyncedModel(self._models.open(version))
        # Most of what the model missed since its training is applied without the lock.
        with self._store.read() as work:
            synced.sync(work)
        with self._locked(), self._store.read() as work:
            if self._catalogue_revision != revision:
                synced.model.refresh_catalogue()
            synced.sync(work)
            self._synced = synced

    def _sync_catalogue(self, work: UnitOfWork) -> None:
        changed, revision = work.books.changed_since(self._catalogue_revision)
        if changed:
            self._models.update_catalogue(changed)
            if self._synced is not None:
                self._synced.model.refresh_catalogue()
        self._catalogue_revision = revision

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock; wait for it only until the call's deadline. Raises StoreUnavailable."""
        left = remaining()
        if not self._lock.acquire(timeout=-1 if left is None else left):
            # The thread that holds it is waiting for the database.
            raise StoreUnavailable
        try:
            yield
        finally:
            self._lock.release()
