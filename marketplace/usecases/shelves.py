"""What stands on pages with recommended shelves, and what takes their place when there are none."""

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
from marketplace.domain.recommending import Reason, RecommendationList, RecommendationRequest, Selection
from marketplace.store import Store
from marketplace.usecases.best_sellers import BestSellersCache
from marketplace.usecases.cards import CardCache
from marketplace.usecases.page_shelves import ROW, Home, Notice, Shelf, ShelfKind, Wanted, wanted_at_home

log = structlog.get_logger()

LOOKED_BACK = 60
"""So much of what a reader did here tells what they like now."""

REMEMBERED = 3_000
REMEMBERED_FOR = 3600.0

CARDS_REMEMBERED = 20_000


class Recommender(Protocol):
    """What pages need of Recommendations."""

    def recommend(self, reader_id: int, requests: Sequence[RecommendationRequest]) -> list[RecommendationList]:
        """One shelf for each request. Raises RecommenderError."""

    def similar(self, book_id: int, reader_id: int, limit: int) -> RecommendationList:
        """Books like this one. Raises RecommenderError."""

    @property
    def state(self) -> str:
        """A word on whether it is being asked."""


class Shelves:
    """Makes shelves, whether Recommendations answers or not; asks it once for a page.

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
            REMEMBERED, REMEMBERED_FOR, timer=clock
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
        """Books of a category that were chosen for what this reader knows; None where none are."""
        if reader_id == NOBODY:
            return None
        wanted = [(ShelfKind.CATEGORY, RecommendationRequest(category, ROW))]
        shelves, _ = self._ask(reader_id, [request for _, request in wanted])
        if not shelves:
            return None
        shelf = self._filled(wanted, shelves, self._best_sellers.current(), self._taste(reader_id))[0]
        return shelf if shelf.is_personal else None

    def similar(self, reader_id: int, book: Book) -> Shelf:
        """Books like this one, or best-sellers of its category where Recommendations names none."""
        taste = self._taste(reader_id)
        try:
            shelf = self._recommender.similar(book.id, reader_id, ROW)
        except RecommenderError as error:
            _tell(error)
            shelf = RecommendationList(())
        cards = self._cards.of(each.book_id for each in shelf.recommendations)
        found = _found(shelf, cards, taste)
        if found:
            return Shelf(kind=ShelfKind.SIMILAR, cards=found, attribution=_attribution(shelf))
        best = self._best_sellers.current()
        category = next((each for each in book.categories if each in best.by_category), None)
        own = best.overall if category is None else best.by_category[category]
        return Shelf(
            kind=ShelfKind.SAME_SHELF,
            cards=_own(own, taken={book.id, *taste.excluded}, limit=ROW),
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
            _tell(error)
            with self._lock:
                remembered = self._last_good.get(reader_id, {})
            if requests[0] in remembered:
                return [remembered.get(request, RecommendationList(())) for request in requests], Notice.LAST_GOOD
            return [], Notice.BEST_SELLERS
        if reader_id != NOBODY:
            with self._lock:
                # Beside those of other pages: a look at a category must not cost the home page's.
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
        cards = self._cards.of({each.book_id for shelf in shelves for each in shelf.recommendations})
        filled: list[Shelf] = []
        taken = set(taste.excluded)
        for place, (kind, request) in enumerate(wanted):
            shelf = shelves[place] if shelves else RecommendationList(())
            found = _found(shelf, cards, taste)
            attribution = _attribution(shelf) if found else SHOP
            # Nobody but Recommendations knows what is new.
            if not found and request.selection is not Selection.NEW:
                own = best.overall if request.category is None else best.by_category.get(request.category, ())
                found = _own(own, taken=taken, limit=request.limit)
            taken.update(card.id for card in found)
            filled.append(Shelf(kind=kind, cards=found, attribution=attribution, category=request.category))
        return filled


def _found(shelf: RecommendationList, cards: Mapping[int, Card], taste: Taste) -> tuple[Card, ...]:
    found = []
    for each in shelf.recommendations:
        card = cards.get(each.book_id)
        # Recommendations may not know yet what the reader rated or waved away a moment ago.
        if card is not None and each.book_id not in taste.excluded:
            found.append(_shown_for(card, taste.with_signal(each.reason)))
    return tuple(found)


@lru_cache(maxsize=CARDS_REMEMBERED)
def _shown_for(card: Card, reason: Reason | None) -> Card:
    # Forty of them stand on a page, most of them as on the one before.
    return replace(card, reason=reason)


def _own(cards: Iterable[Card], *, taken: Iterable[int], limit: int) -> tuple[Card, ...]:
    left_out = set(taken)
    return tuple(card for card in cards if card.id not in left_out)[:limit]


def _attribution(shelf: RecommendationList) -> str:
    return shelf.recommendation_id if is_attribution(shelf.recommendation_id) else SHOP


def _tell(error: RecommenderError) -> None:
    # An open breaker said so already when it opened.
    if error.__cause__ is not None:
        log.warning("no answer from Recommendations", reason=str(error))
