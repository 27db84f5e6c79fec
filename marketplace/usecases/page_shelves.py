"""The shelves of pages: what they are, and which of them a page wants."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from marketplace.domain.books import BestSellers, Card
from marketplace.domain.categories import Category
from marketplace.domain.ids import SHOP
from marketplace.domain.interactions import Taste
from marketplace.domain.recommending import PERSONAL, RecommendationRequest, Selection

LENGTH = 12
ROW = 6
FAVOURITES = 2
FIRST_CATEGORIES = 3


class Notice(Enum):
    """What the page must say about where its shelves come from."""

    NONE = "none"
    LAST_GOOD = "last good"
    BEST_SELLERS = "best-sellers"


class ShelfKind(Enum):
    """What a shelf is, for its heading."""

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
        """Whether any of it was chosen for what this reader knows."""
        return any(card.reason and card.reason.kind in PERSONAL for card in self.cards)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """All that the home page shows; shelves without books are left out, but for the first."""

    shelves: tuple[Shelf, ...]
    categories: tuple[Category, ...]
    notice: Notice


Wanted = tuple[ShelfKind, RecommendationRequest]
"""What a shelf is, and what Recommendations is asked for."""


def wanted_at_home(taste: Taste, cards: Mapping[int, Card], best: BestSellers) -> list[Wanted]:
    """The shelves of a home page: of favourite categories for a reader, of the most_read ones for a visitor.

    `cards` are those of the books that the reader saw.
    """
    popular = (ShelfKind.POPULAR, RecommendationRequest(None, ROW, Selection.POPULAR))
    new = (ShelfKind.NEW, RecommendationRequest(None, ROW, Selection.NEW))
    for_you = (ShelfKind.FOR_YOU, RecommendationRequest(None, LENGTH))
    if not taste.viewed and not taste.excluded:
        # For nobody in particular the first shelf is what is popular.
        categories = [
            (ShelfKind.CATEGORY, RecommendationRequest(each, ROW)) for each in best.most_read[:FIRST_CATEGORIES]
        ]
        return [for_you, new, *categories]
    favourites = taste.favourites(cards, FAVOURITES)
    return [for_you, *((ShelfKind.CATEGORY, RecommendationRequest(each, ROW)) for each in favourites), popular, new]
