"""What stands on the home page: recommended shelves, and what takes their place when there are none."""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from threading import Lock
from typing import Protocol

import structlog
from cachetools import TTLCache

from marketplace.best_sellers import FreshBestSellers
from marketplace.cards import FreshCards
from marketplace.domain import (
    NOBODY,
    PERSONAL,
    SHOP,
    Card,
    Category,
    CategoryNotFound,
    RecommenderRefused,
    RecommenderUnavailable,
    Shelf,
    ShelfRequest,
    is_attribution,
)
from marketplace.store import Store

log = structlog.get_logger()

LENGTH = 10
REMEMBERED = 10_000
REMEMBERED_FOR = 3600.0


class Recommender(Protocol):
    """What the home page needs of Recommendations."""

    def shelves(self, reader_id: int, requests: Sequence[ShelfRequest]) -> list[Shelf]:
        """One shelf for each request. Raises RecommenderError."""

    @property
    def state(self) -> str:
        """A word on whether it is being asked."""


class Notice(Enum):
    """What the page must say about where its shelves come from."""

    NONE = "none"
    LAST_GOOD = "last good"
    BEST_SELLERS = "best-sellers"


@dataclass(frozen=True, slots=True)
class CardShelf:
    """The cards of one shelf; `attribution` goes into their links."""

    cards: tuple[Card, ...]
    attribution: str

    @property
    def is_personal(self) -> bool:
        """Whether any of it was chosen for what this reader knows."""
        return any(card.reason and card.reason.kind in PERSONAL for card in self.cards)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """All that the home page shows; `category` is None in a catalogue without categories."""

    picked: CardShelf
    category: Category | None
    of_category: CardShelf
    categories: tuple[Category, ...]
    notice: Notice


class Shelves:
    """Makes the home page's shelves, whether Recommendations answers or not."""

    def __init__(
        self, store: Store, recommender: Recommender, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._recommender = recommender
        self._cards = FreshCards(store, clock=clock)
        self._best_sellers = FreshBestSellers(store, clock=clock)
        self._lock = Lock()
        self._last_good: TTLCache[Hashable, list[Shelf]] = TTLCache(REMEMBERED, REMEMBERED_FOR, timer=clock)

    def home(self, reader_id: int, category: Category | None) -> Home:
        """The home page of a reader, with a shelf of `category`, or of Mystery where it is None.

        Raises CategoryNotFound where no book stands on it, and StoreUnavailable.
        """
        best = self._best_sellers.current()
        if category is None:
            category = (
                Category.MYSTERY if Category.MYSTERY in best.by_category else min(best.by_category, default=None)
            )
        elif category not in best.by_category:
            raise CategoryNotFound
        wanted = [None] if category is None else [None, category]
        shelves, notice = self._ask(reader_id, category, [ShelfRequest(each, LENGTH) for each in wanted])
        cards = self._cards.of({each.book_id for shelf in shelves for each in shelf.recommendations})
        picked = _card_shelf(shelves[0] if shelves else None, cards, best.overall, taken=frozenset())
        of_category = _card_shelf(
            shelves[1] if len(shelves) > 1 else None,
            cards,
            best.by_category[category] if category is not None else (),
            taken=frozenset(card.id for card in picked.cards),
        )
        return Home(
            picked=picked,
            category=category,
            of_category=of_category,
            categories=tuple(sorted(best.by_category, key=lambda each: each.label)),
            notice=notice,
        )

    def _ask(
        self, reader_id: int, category: Category | None, requests: Sequence[ShelfRequest]
    ) -> tuple[list[Shelf], Notice]:
        key = (reader_id, category)
        try:
            shelves = self._recommender.shelves(reader_id, requests)
        except (RecommenderUnavailable, RecommenderRefused) as error:
            # An open breaker said so already when it opened.
            if error.__cause__ is not None:
                log.warning("no answer from Recommendations", reason=str(error))
            with self._lock:
                remembered = self._last_good.get(key)
            return (remembered, Notice.LAST_GOOD) if remembered else ([], Notice.BEST_SELLERS)
        if reader_id != NOBODY:
            with self._lock:
                self._last_good[key] = shelves
        return shelves, Notice.NONE


def _card_shelf(
    shelf: Shelf | None, cards: Mapping[int, Card], own: Sequence[Card], *, taken: frozenset[int]
) -> CardShelf:
    recommended = shelf.recommendations if shelf else ()
    found = tuple(replace(cards[each.book_id], reason=each.reason) for each in recommended if each.book_id in cards)
    if shelf and found:
        known_list = is_attribution(shelf.recommendation_id)
        return CardShelf(found, shelf.recommendation_id if known_list else SHOP)
    return CardShelf(tuple(card for card in own if card.id not in taken)[:LENGTH], SHOP)
