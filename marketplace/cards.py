"""What cards show of books, kept in memory: a page's shelves then cost no query."""

import time
from collections.abc import Callable, Iterable, Mapping
from threading import Lock

from cachetools import TTLCache

from marketplace.domain import Card
from marketplace.store import Store

KEPT = 50_000
MAX_AGE = 30.0


class FreshCards:
    """The cards of books, none older than 30 seconds."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._lock = Lock()
        # None stands for a book that the catalogue does not have.
        self._known: TTLCache[int, Card | None] = TTLCache(KEPT, MAX_AGE, timer=clock)

    def of(self, ids: Iterable[int]) -> Mapping[int, Card]:
        """The cards of those books that the catalogue has, by id.

        Raises StoreUnavailable where one has to be read and cannot be.
        """
        wanted = list(ids)
        with self._lock:
            found = {book_id: self._known[book_id] for book_id in wanted if book_id in self._known}
        unknown = [book_id for book_id in wanted if book_id not in found]
        if unknown:
            with self._store.read() as work:
                read = work.books.cards(unknown)
            with self._lock:
                for book_id in unknown:
                    found[book_id] = self._known[book_id] = read.get(book_id)
        return {book_id: card for book_id, card in found.items() if card is not None}
