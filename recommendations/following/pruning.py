"""Removes forgotten readers from the models' files."""

import threading
from collections.abc import Callable
from math import inf

import structlog

from recommendations.domain.errors import ForgettingUnfinished
from recommendations.following.replica import Replica
from recommendations.ports import Models

RETRY_SECONDS = 10.0
"""How long until a failed pruning is tried again; the disk may have been full."""

_log = structlog.get_logger()


class Pruning:
    """Rewrites the files once after each forgotten reader and each newly loaded model.

    A new model may contain a reader who was forgotten while it was trained.
    """

    def __init__(self, models: Models, replica: Replica, clock: Callable[[], float]) -> None:
        self._models = models
        self._replica = replica
        self._clock = clock
        self._lock = threading.Lock()
        self._pruned: tuple[str | None, int] | None = None
        self._retry_at = -inf

    def prune(self) -> None:
        """Rewrite the files unless that is done already. Raises ForgettingUnfinished."""
        with self._lock:
            forgotten, model = self._replica.forgotten(), self._replica.model
            # Forgetting is never undone, so comparing the number of readers is enough.
            state = (model.version if model is not None else None, len(forgotten))
            if forgotten and state != self._pruned:
                self._models.forget(forgotten)
                self._pruned = state

    def retry(self) -> None:
        """Finish what another process, or this one before a crash, left unfinished; failures are logged."""
        if self._clock() < self._retry_at:
            return
        try:
            self.prune()
        except ForgettingUnfinished as error:
            _log.error("forgetting_unfinished", cause=type(error.__cause__).__name__)
            self._retry_at = self._clock() + RETRY_SECONDS
