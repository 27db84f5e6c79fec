"""A cache of the shop's best-sellers, which pages need even if the database is down."""

import time
from collections.abc import Callable
from dataclasses import replace
from threading import Lock

import structlog

from marketplace.domain.books import BestSellers, Card
from marketplace.domain.errors import StoreUnavailable
from marketplace.domain.recommendations import Reason, ReasonKind
from marketplace.store import Store

log = structlog.get_logger()

LIMIT = 20
MAX_AGE = 30.0


class BestSellersCache:
    """Reads the best-sellers from the database every 30 seconds at most, in one thread at a time."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._loading = Lock()
        self._known: BestSellers | None = None
        self._fresh_until = 0.0

    def current(self) -> BestSellers:
        """The best-sellers of the last 30 seconds, or older ones while another thread reads or the database fails.

        Raises StoreUnavailable if they were never read.
        """
        known = self._known
        if known is not None and self._clock() < self._fresh_until:
            return known
        # Requests wait only if nothing is cached yet.
        if not self._loading.acquire(blocking=known is None):
            return known or self.current()
        try:
            return self._load()
        finally:
            self._loading.release()

    def _load(self) -> BestSellers:
        if self._known is not None and self._clock() < self._fresh_until:
            return self._known  # another thread has just read them
        try:
            with self._store.read() as work:
                self._known = _with_reasons(work.listings.best_sellers(LIMIT))
        except StoreUnavailable:
            if self._known is None:
                raise
            log.exception("best_sellers_not_read")
        self._fresh_until = self._clock() + MAX_AGE
        return self._known


def _with_reasons(best: BestSellers) -> BestSellers:
    return BestSellers(
        overall=tuple(map(_with_reason, best.overall)),
        by_topic={topic: tuple(map(_with_reason, cards)) for topic, cards in best.by_topic.items()},
    )


def _with_reason(card: Card) -> Card:
    return replace(card, reason=Reason(ReasonKind.POPULAR)) if card.readers else card
