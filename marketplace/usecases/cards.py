"""What cards show of books, kept in memory: a page's shelves then cost no query."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from threading import Lock

from marketplace.domain.books import Card
from marketplace.store import Store

KEPT = 50_000
MAX_AGE = 30.0
_NEVER = (-math.inf, None)


class CardCache:
    """The cards of books, none older than 30 seconds; of at most so many (`kept`) at a time."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.monotonic, kept: int = KEPT) -> None:
        self._store = store
        self._clock = clock
        self._kept = kept
        self._lock = Lock()
        # When they were read, the oldest first; None stands for a book that the catalogue does not have. A TTLCache
        # would ask the clock for every book of a page.
        self._known: OrderedDict[int, tuple[float, Card | None]] = OrderedDict()

    def of(self, ids: Iterable[int]) -> Mapping[int, Card]:
        """The cards of those books that the catalogue has, by id.

        Raises StoreUnavailable where one has to be read and cannot be.
        """
        now = self._clock()
        found: dict[int, Card | None] = {}
        unknown = []
        with self._lock:
            for book_id in ids:
                read_at, found[book_id] = self._known.get(book_id, _NEVER)
                if now - read_at >= MAX_AGE:
                    unknown.append(book_id)
        if unknown:
            with self._store.read() as work:
                read = work.books.cards(unknown)
            found_now = {book_id: read.get(book_id) for book_id in unknown}
            self._keep(now, found_now)
            found |= found_now
        return {book_id: card for book_id, card in found.items() if card is not None}

    def drop(self, ids: Iterable[int]) -> None:
        """Have the cards of these books read anew: they have changed."""
        with self._lock:
            for book_id in ids:
                self._known.pop(book_id, None)

    def _keep(self, read_at: float, cards: Mapping[int, Card | None]) -> None:
        with self._lock:
            for book_id, card in cards.items():
                self._known[book_id] = read_at, card
                self._known.move_to_end(book_id)
            while len(self._known) > self._kept:
                self._known.popitem(last=False)
