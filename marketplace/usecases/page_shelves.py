"""Shelves, and which of them the home page has."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from marketplace.domain.books import BestSellers, Card
from marketplace.domain.categories import Category
from marketplace.domain.ids import SHOP
from marketplace.domain.interactions import Taste
from marketplace.domain.recommendations import PERSONAL, RecommendationRequest, Selection

FOR_YOU_LENGTH = 12
SHELF_LENGTH = 6
READER_CATEGORIES = 2
VISITOR_CATEGORIES = 3
FIRST_CATEGORY = Category.MYSTERY
"""Always on a visitor's home page."""


class Notice(Enum):
    """What the page says about the source of its shelves."""

    NONE = "none"
    LAST_GOOD = "last good"
    BEST_SELLERS = "best-sellers"


class ShelfKind(Enum):
    """The kind of a shelf, which decides its heading."""

    FOR_YOU = "for you"
    CATEGORY = "category"
    POPULAR = "popular"
    NEW = "new"
    RECENT = "recent"
    SIMILAR = "similar"


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """A list of cards under one heading; `attribution` is part of their links."""

    kind: ShelfKind
    cards: tuple[Card, ...]
    attribution: str = SHOP
    category: Category | None = None

    @cached_property
    def is_personal(self) -> bool:
        """Whether any book is recommended because of the reader's own history."""
        return any(card.reason and card.reason.kind in PERSONAL for card in self.cards)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The home page; shelves without books are left out, except the first."""

    shelves: tuple[Shelf, ...]
    categories: tuple[Category, ...]
    notice: Notice


ShelfRequest = tuple[ShelfKind, RecommendationRequest]
"""The kind of a shelf, and the request for its recommendations."""


def home_requests(taste: Taste, cards: Mapping[int, Card], best: BestSellers) -> list[ShelfRequest]:
    """The shelves of a home page: favourite categories for a reader, the most popular ones for a visitor.

    `cards` has the books that the reader viewed or liked.
    """
    popular = (ShelfKind.POPULAR, RecommendationRequest(None, SHELF_LENGTH, Selection.POPULAR))
    new = (ShelfKind.NEW, RecommendationRequest(None, SHELF_LENGTH, Selection.NEW))
    for_you = (ShelfKind.FOR_YOU, RecommendationRequest(None, FOR_YOU_LENGTH))
    if not taste.viewed and not taste.excluded:
        # No popular shelf: without a history the first one has popular books.
        categories = tuple(dict.fromkeys((FIRST_CATEGORY, *best.most_read)))[:VISITOR_CATEGORIES]
        return [for_you, new, *map(category_request, categories)]
    return [for_you, *map(category_request, taste.favourites(cards, READER_CATEGORIES)), popular, new]


def category_request(category: Category) -> ShelfRequest:
    return ShelfKind.CATEGORY, RecommendationRequest(category, SHELF_LENGTH)
