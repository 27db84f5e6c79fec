"""Recommended shelves for pages, and what replaces them when Recommendations is unavailable."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from threading import Lock
from typing import Protocol

import structlog
from cachetools import TTLCache

from marketplace.domain.books import BestSellers, Book, Card
from marketplace.domain.categories import Category
from marketplace.domain.errors import RecommenderError
from marketplace.domain.ids import NOBODY, SHOP, is_attribution
from marketplace.domain.interactions import Taste, taste_of
from marketplace.domain.recommendations import Reason, RecommendationList, RecommendationRequest, Selection
from marketplace.store import Store
from marketplace.usecases.best_sellers import BestSellersCache
from marketplace.usecases.cards import CardCache
from marketplace.usecases.page_shelves import ROW, Home, Notice, Shelf, ShelfKind, Wanted, wanted_at_home

log = structlog.get_logger()

LOOKED_BACK = 60
"""A reader's taste is taken from this many of their latest interactions."""

LAST_GOOD_READERS = 3_000
LAST_GOOD_SECONDS = 3600.0

MOST_CARDS = 20_000


class Recommender(Protocol):
    """What pages need of Recommendations."""

    def recommend(self, reader_id: int, requests: Sequence[RecommendationRequest]) -> list[RecommendationList]:
        """One list per request. Raises RecommenderError."""

    def similar(self, book_id: int, reader_id: int, limit: int) -> RecommendationList:
        """Books like this one. Raises RecommenderError."""

    @property
    def state(self) -> str:
        """The state of its circuit breaker."""


class Shelves:
    """Makes shelves, whether or not Recommendations answers, with one call to it per page.

    Every method raises StoreUnavailable.
    """

    def __init__(
        self,
        store: Store,
        recommender: Recommender,
        cards: CardCache,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._recommender = recommender
        self._cards = cards
        self._best_sellers = BestSellersCache(store, clock=clock)
        self._lock = Lock()
        self._last_good: TTLCache[int, dict[RecommendationRequest, RecommendationList]] = TTLCache(
            LAST_GOOD_READERS, LAST_GOOD_SECONDS, timer=clock
        )

    def home(self, reader_id: int) -> Home:
        """The home page of a reader."""
        best = self._best_sellers.current()
        taste = self._taste(reader_id)
        wanted = wanted_at_home(taste, self._cards.of(taste.viewed), best)
        shelves, notice = self._ask(reader_id, [request for _, request in wanted])
        filled = self._filled(wanted, shelves, best, taste)
        if taste.viewed:
            known = self._cards.of(taste.viewed[: 2 * ROW])
            recent = tuple(known[book_id] for book_id in taste.viewed if book_id in known)[:ROW]
            filled.append(Shelf(kind=ShelfKind.RECENT, cards=recent))
        return Home(
            shelves=(filled[0], *(shelf for shelf in filled[1:] if shelf.cards)),
            categories=best.categories,
            notice=notice,
        )

    def of_category(self, reader_id: int, category: Category) -> Shelf | None:
        """Books of a category recommended to this reader personally; None if there are none."""
        if reader_id == NOBODY:
            return None
        wanted = [(ShelfKind.CATEGORY, RecommendationRequest(category, ROW))]
        shelves, _ = self._ask(reader_id, [request for _, request in wanted])
        if not shelves:
            return None
        shelf = self._filled(wanted, shelves, self._best_sellers.current(), self._taste(reader_id))[0]
        return shelf if shelf.is_personal else None

    def similar(self, reader_id: int, book: Book) -> Shelf:
        """Books like this one, or best-sellers of its category if there are none."""
        taste = self._taste(reader_id)
        try:
            shelf = self._recommender.similar(book.id, reader_id, ROW)
        except RecommenderError as error:
            _log(error)
            shelf = RecommendationList(())
        cards = self._cards.of(book.book_id for book in shelf.recommendations)
        if similar := _cards_of(shelf, cards, taste):
            return Shelf(kind=ShelfKind.SIMILAR, cards=similar, attribution=_attribution(shelf))
        best = self._best_sellers.current()
        category = next((category for category in book.categories if category in best.by_category), None)
        best_sellers = best.overall if category is None else best.by_category[category]
        return Shelf(
            kind=ShelfKind.SAME_SHELF,
            cards=_without(best_sellers, {book.id, *taste.excluded}, limit=ROW),
            category=category,
        )

    def popular(self, limit: int) -> Shelf:
        """The shop's own best-sellers."""
        return Shelf(kind=ShelfKind.POPULAR, cards=self._best_sellers.current().overall[:limit])

    def categories(self) -> tuple[Category, ...]:
        """The categories that have books, by name."""
        return self._best_sellers.current().categories

    def _taste(self, reader_id: int) -> Taste:
        if reader_id == NOBODY:
            return Taste()
        with self._store.read() as work:
            return taste_of(work.interactions.latest(reader_id, LOOKED_BACK))

    def _ask(
        self, reader_id: int, requests: Sequence[RecommendationRequest]
    ) -> tuple[list[RecommendationList], Notice]:
        try:
            shelves = self._recommender.recommend(reader_id, requests)
        except RecommenderError as error:
            _log(error)
            with self._lock:
                remembered = self._last_good.get(reader_id, {})
            if requests[0] in remembered:
                return [remembered.get(request, RecommendationList(())) for request in requests], Notice.LAST_GOOD
            return [], Notice.BEST_SELLERS
        if reader_id != NOBODY:
            with self._lock:
                # Merged, so that a category's page does not replace the shelves of the home page.
                known = self._last_good.get(reader_id, {})
                self._last_good[reader_id] = known | dict(zip(requests, shelves, strict=True))
        return shelves, Notice.NONE

    def _filled(
        self,
        wanted: Sequence[Wanted],
        shelves: Sequence[RecommendationList],
        best: BestSellers,
        taste: Taste,
    ) -> list[Shelf]:
        cards = self._cards.of({book.book_id for shelf in shelves for book in shelf.recommendations})
        filled: list[Shelf] = []
        taken = set(taste.excluded)
        for position, (kind, request) in enumerate(wanted):
            shelf = shelves[position] if shelves else RecommendationList(())
            on_shelf = _cards_of(shelf, cards, taste)
            attribution = _attribution(shelf) if on_shelf else SHOP
            # Only Recommendations knows what is new.
            if not on_shelf and request.selection is not Selection.NEW:
                category = request.category
                best_sellers = best.overall if category is None else best.by_category.get(category, ())
                on_shelf = _without(best_sellers, taken, limit=request.limit)
                # In a small shop an empty shelf would be worse than a book on two of them.
                on_shelf = on_shelf or _without(best_sellers, taste.excluded, limit=request.limit)
            taken.update(card.id for card in on_shelf)
            filled.append(Shelf(kind=kind, cards=on_shelf, attribution=attribution, category=request.category))
        return filled


def _cards_of(shelf: RecommendationList, cards: Mapping[int, Card], taste: Taste) -> tuple[Card, ...]:
    shown = []
    for book in shelf.recommendations:
        card = cards.get(book.book_id)
        # Recommendations may not know yet what the reader rated or dismissed a moment ago.
        if card is not None and book.book_id not in taste.excluded:
            shown.append(_with_reason(card, taste.with_signal(book.reason)))
    return tuple(shown)


@lru_cache(maxsize=MOST_CARDS)
def _with_reason(card: Card, reason: Reason | None) -> Card:
    # A page has forty of them, and most were on the page before.
    return replace(card, reason=reason)


def _without(cards: Iterable[Card], book_ids: Iterable[int], *, limit: int) -> tuple[Card, ...]:
    left_out = set(book_ids)
    return tuple(card for card in cards if card.id not in left_out)[:limit]


def _attribution(shelf: RecommendationList) -> str:
    return shelf.recommendation_id if is_attribution(shelf.recommendation_id) else SHOP


def _log(error: RecommenderError) -> None:
    # An open breaker has logged this when it opened.
    if error.__cause__ is not None:
        log.warning("recommendations_unavailable", reason=str(error))
