"""Removing forgotten readers from the models' files."""

import threading
from collections.abc import Callable
from math import inf

import structlog

from recommendations.domain.errors import ForgettingUnfinished
from recommendations.following.replica import Replica
from recommendations.ports import Models

RETRY_SECONDS = 10.0
"""When a pruning that failed is tried again: the disk may have been full."""

_log = structlog.get_logger()


class Pruning:
    """Has the files rewritten once for every reader forgotten and every model loaded.

    A model may have been trained on the history of somebody who was forgotten before it was published.
    """

    def __init__(self, models: Models, replica: Replica, clock: Callable[[], float]) -> None:
        self._models = models
        self._replica = replica
        self._clock = clock
        self._lock = threading.Lock()
        self._pruned: tuple[str | None, int] | None = None
        self._retry_at = -inf

    def prune(self) -> None:
        """Rewrite the files where it is not done yet. Raises ForgettingUnfinished."""
        with self._lock:
            forgotten, model = self._replica.forgotten(), self._replica.model
            # Nobody is ever un-forgotten, so that the number of them is enough to compare.
            state = (model.version if model is not None else None, len(forgotten))
            if forgotten and state != self._pruned:
                self._models.forget(forgotten)
                self._pruned = state

    def retry(self) -> None:
        """Finish what another process, or this one before it crashed, left unfinished; a failure is logged."""
        if self._clock() < self._retry_at:
            return
        try:
            self.prune()
        except ForgettingUnfinished as error:
            _log.error("forgetting_unfinished", cause=type(error.__cause__).__name__)
            self._retry_at = self._clock() + RETRY_SECONDS
