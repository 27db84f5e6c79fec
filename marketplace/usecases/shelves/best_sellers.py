"""A cache of the shop's best-sellers, which pages need even if the database is down."""

import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from marketplace.domain.books import BestSellers, Card
from marketplace.domain.errors import StoreUnavailable
from marketplace.domain.recommendations import Reason, ReasonKind
from marketplace.store import Store
from marketplace.usecases.shelves.shared_value import SharedValue

log = structlog.get_logger()

LIMIT = 20
MAX_AGE = 30.0


class BestSellersCache:
    """Reads the best-sellers from the database every 30 seconds at most, in one thread at a time."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._shared: SharedValue[BestSellers] = SharedValue(MAX_AGE, clock=clock)
        self._last: BestSellers | None = None

    def current(self) -> BestSellers:
        """The best-sellers of the last 30 seconds, or older ones while another thread reads or the database fails.

        Raises StoreUnavailable if they were never read.
        """
        return self._shared.get(self._load)

    def _load(self) -> BestSellers:
        try:
            with self._store.read() as work:
                self._last = _with_reasons(work.listings.best_sellers(LIMIT))
        except StoreUnavailable:
            if self._last is None:
                raise
            log.exception("best_sellers_not_read")
        return self._last


def _with_reasons(best: BestSellers) -> BestSellers:
    return BestSellers(
        overall=tuple(map(_with_reason, best.overall)),
        by_topic={topic: tuple(map(_with_reason, cards)) for topic, cards in best.by_topic.items()},
    )


def _with_reason(card: Card) -> Card:
    return replace(card, reason=Reason(ReasonKind.POPULAR)) if card.readers else card
