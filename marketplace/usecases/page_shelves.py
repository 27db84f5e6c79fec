"""The shelves of pages, and which of them the home page has."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from marketplace.domain.books import BestSellers, Card
from marketplace.domain.categories import Category
from marketplace.domain.ids import SHOP
from marketplace.domain.interactions import Taste
from marketplace.domain.recommendations import PERSONAL, RecommendationRequest, Selection

LENGTH = 12
ROW = 6
FAVOURITES = 2
FIRST_CATEGORY = Category.MYSTERY
"""Always on a visitor's home page."""
VISITOR_CATEGORIES = 3


class Notice(Enum):
    """What the page says about the source of its shelves."""

    NONE = "none"
    LAST_GOOD = "last good"
    BEST_SELLERS = "best-sellers"


class ShelfKind(Enum):
    """Kinds of shelves, for their headings."""

    FOR_YOU = "for you"
    CATEGORY = "category"
    POPULAR = "popular"
    NEW = "new"
    RECENT = "recent"
    SIMILAR = "similar"
    SAME_SHELF = "same shelf"


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """The cards of one shelf; `attribution` goes into their links."""

    kind: ShelfKind
    cards: tuple[Card, ...]
    attribution: str = SHOP
    category: Category | None = None

    @cached_property
    def is_personal(self) -> bool:
        """Whether any of it is recommended because of what this reader did."""
        return any(card.reason and card.reason.kind in PERSONAL for card in self.cards)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The home page; shelves without books are left out, except the first."""

    shelves: tuple[Shelf, ...]
    categories: tuple[Category, ...]
    notice: Notice


Wanted = tuple[ShelfKind, RecommendationRequest]
"""A kind of shelf, and the request for its recommendations."""


def wanted_at_home(taste: Taste, cards: Mapping[int, Card], best: BestSellers) -> list[Wanted]:
    """The shelves of a home page: favourite categories for a reader, the most popular ones for a visitor.

    `cards` has the books that the reader has seen.
    """
    popular = (ShelfKind.POPULAR, RecommendationRequest(None, ROW, Selection.POPULAR))
    new = (ShelfKind.NEW, RecommendationRequest(None, ROW, Selection.NEW))
    for_you = (ShelfKind.FOR_YOU, RecommendationRequest(None, LENGTH))
    if not taste.viewed and not taste.excluded:
        # Without a history, the first shelf is what is popular.
        categories = tuple(dict.fromkeys((FIRST_CATEGORY, *best.most_read)))[:VISITOR_CATEGORIES]
        return [for_you, new, *map(_of_category, categories)]
    return [for_you, *map(_of_category, taste.favourites(cards, FAVOURITES)), popular, new]


def _of_category(category: Category) -> Wanted:
    return ShelfKind.CATEGORY, RecommendationRequest(category, ROW)
