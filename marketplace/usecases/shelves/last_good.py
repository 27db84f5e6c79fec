"""Each reader's last recommendations, for pages while Recommendations is unavailable."""

import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from threading import Lock

from cachetools import TTLCache

from marketplace.domain.recommendations import (
    Reason,
    ReasonKind,
    Recommendation,
    RecommendationList,
    RecommendationRequest,
)
from marketplace.usecases.shelves.cards import CardCache

READERS = 1_000
SECONDS = 3600.0
_NUMBERS = 4
"""For each recommendation: the book, the kind of its reason, and the two books that a page names; 0 for none."""

_SIZE = array("i").itemsize


class LastGood:
    """The last lists of at most 1,000 readers, each for an hour; safe to share between threads.

    They are kept as bytes, 2 kB a reader: as objects those of a home page took 27, together 80 MB.
    """

    def __init__(self, cards: CardCache, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._cards = cards
        self._lock = Lock()
        self._known: TTLCache[int, dict[RecommendationRequest, bytes]] = TTLCache(READERS, SECONDS, timer=clock)

    def keep(self, reader_id: int, lists: Mapping[RecommendationRequest, RecommendationList]) -> None:
        """Keep these lists, and those of the reader's other requests."""
        packed = {_shared(request): _packed(recommended) for request, recommended in lists.items()}
        with self._lock:
            # Merged, so that a category's page does not replace the lists of the home page.
            self._known[reader_id] = self._known.get(reader_id, {}) | packed

    def lists(self, reader_id: int, requests: Sequence[RecommendationRequest]) -> list[RecommendationList] | None:
        """The reader's last list for each request, empty if there was none; None if the first is not known.

        Raises StoreUnavailable.
        """
        with self._lock:
            known = self._known.get(reader_id, {})
        if requests[0] not in known:
            return None
        found = [_unpacked(known[request]) if request in known else ("", array("i")) for request in requests]
        named = {book_id for _, numbers in found for book_id in (*numbers[2::_NUMBERS], *numbers[3::_NUMBERS])} - {0}
        titles = {book_id: card.title for book_id, card in self._cards.of(named).items()}
        return [_list(recommendation_id, numbers, titles) for recommendation_id, numbers in found]


@lru_cache(maxsize=200)
def _shared(request: RecommendationRequest) -> RecommendationRequest:
    """One object for all requests that are equal."""
    return request


def _packed(recommended: RecommendationList) -> bytes:
    """The number of numbers, the numbers, and the list's id."""
    numbers: list[int] = []
    for book in recommended.recommendations:
        kind, named = (book.reason.kind, book.reason.books) if book.reason else (0, ())
        first = named[0][0] if named else 0
        numbers += (book.book_id, kind, first, named[1][0] if len(named) > 1 else 0)
    return array("i", [len(numbers), *numbers]).tobytes() + recommended.recommendation_id.encode()


def _unpacked(packed: bytes) -> "tuple[str, array[int]]":
    count, *_ = array("i", packed[:_SIZE])
    end = _SIZE * (1 + count)
    return packed[end:].decode(), array("i", packed[_SIZE:end])


def _list(recommendation_id: str, numbers: "array[int]", titles: Mapping[int, str]) -> RecommendationList:
    rows = zip(*[iter(numbers)] * _NUMBERS, strict=True)
    return RecommendationList(
        tuple(Recommendation(book_id, _reason(kind, named, titles)) for book_id, kind, *named in rows),
        recommendation_id,
    )


def _reason(kind: int, named: Sequence[int], titles: Mapping[int, str]) -> Reason | None:
    books = tuple((book_id, titles[book_id]) for book_id in named if book_id in titles)
    # Without its books a reason that names some would be empty.
    return Reason(ReasonKind(kind), books) if kind and bool(books) == any(named) else None
