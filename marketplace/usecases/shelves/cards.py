"""A cache of cards, so that the shelves of a page need no query."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from threading import Lock

from marketplace.domain.books import Card
from marketplace.store import Store

CAPACITY = 50_000
MAX_AGE = 30.0
_NEVER = (-math.inf, None)


class CardCache:
    """The cards of at most `capacity` books, each for 30 seconds."""

    def __init__(
        self, store: Store, *, clock: Callable[[], float] = time.monotonic, capacity: int = CAPACITY
    ) -> None:
        self._store = store
        self._clock = clock
        self._capacity = capacity
        self._lock = Lock()
        # By book id the time of reading, oldest first, and the card, None if the book is not in the catalogue.
        # cachetools.TTLCache would call the clock for every book of a page.
        self._known: OrderedDict[int, tuple[float, Card | None]] = OrderedDict()
        self._drops = 0

    def of(self, ids: Iterable[int]) -> Mapping[int, Card]:
        """The cards by book id, without books that are not in the catalogue.

        Raises StoreUnavailable if one is not cached and the database fails.
        """
        now = self._clock()
        cards: dict[int, Card | None] = {}
        expired = []
        with self._lock:
            drops = self._drops
            for book_id in ids:
                read_at, cards[book_id] = self._known.get(book_id, _NEVER)
                if now - read_at >= MAX_AGE:
                    expired.append(book_id)
        if expired:
            with self._store.read() as work:
                read = work.books.cards(expired)
            fresh = {book_id: read.get(book_id) for book_id in expired}
            self._keep(now, fresh, drops)
            cards |= fresh
        return {book_id: card for book_id, card in cards.items() if card is not None}

    @property
    def version(self) -> int:
        """A number that changes whenever cards are dropped."""
        return self._drops

    def drop(self, ids: Iterable[int]) -> None:
        """Discard the cards of books that have changed."""
        with self._lock:
            self._drops += 1
            for book_id in ids:
                self._known.pop(book_id, None)

    def _keep(self, read_at: float, cards: Mapping[int, Card | None], drops: int) -> None:
        with self._lock:
            if self._drops != drops:
                return  # the cards may have been read before a change whose cards were dropped since
            for book_id, card in cards.items():
                self._known[book_id] = read_at, card
                self._known.move_to_end(book_id)
            # Without those that have expired: of a large catalogue they would take 30 MB.
            while len(self._known) > self._capacity or read_at - next(iter(self._known.values()))[0] >= MAX_AGE:
                self._known.popitem(last=False)
