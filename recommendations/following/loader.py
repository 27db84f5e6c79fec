"""Loads newer models."""

from collections.abc import Callable

import structlog

from recommendations.domain.errors import ModelUnusable
from recommendations.following.replica import Replica
from recommendations.ports import Store

CANDIDATES = 3
"""How many of the newest models are tried."""

RETRY_SECONDS = 10.0
"""How long until an unusable model is tried again, whose files may have arrived meanwhile."""

_log = structlog.get_logger()


class ModelLoader:
    """Loads the newest usable model, and remembers the unusable ones."""

    def __init__(self, store: Store, replica: Replica, clock: Callable[[], float]) -> None:
        self._store = store
        self._replica = replica
        self._clock = clock
        self._refused: dict[str, float] = {}

    def load_newest(self) -> None:
        """Use the newest usable model, unless it is in use already. Raises StoreUnavailable."""
        with self._store.read() as work:
            versions = work.models.latest(CANDIDATES)
        model = self._replica.model
        for version in versions:
            if model is not None and model.version == version:
                return
            refused_at = self._refused.get(version)
            if (refused_at is None or self._clock() - refused_at >= RETRY_SECONDS) and self._load(version):
                return

    def _load(self, version: str) -> bool:
        try:
            self._replica.switch_to(version)
        except ModelUnusable as error:
            if version not in self._refused:
                _log.error("model_refused", version=version, reason=str(error))
            self._refused[version] = self._clock()
            return False
        _log.info("model_loaded", version=version)
        return True
