"""Shelves, and which of them the home page has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property, lru_cache

from marketplace.domain.books import BestSellers, Card
from marketplace.domain.categories import Category
from marketplace.domain.ids import SHOP
from marketplace.domain.interactions import Taste
from marketplace.domain.recommendations import PERSONAL, Reason, RecommendationList, RecommendationRequest, Selection
from marketplace.domain.subjects import Topic

FOR_YOU_LENGTH = 12
SHELF_LENGTH = 6
READER_TOPICS = 2
VISITOR_TOPICS = 3
FIRST_CATEGORY = Category.MYSTERY
"""Always on a visitor's home page, in a shop that has such books."""
CACHED_CARDS = 4_000
"""Each has about 500 bytes."""


class Notice(Enum):
    """What the page says about the source of its shelves."""

    NONE = "none"
    LAST_GOOD = "last good"
    BEST_SELLERS = "best-sellers"


class Answer(Enum):
    """Where the books of a reader's page are from: Recommendations, or what replaces it when it fails."""

    PERSONAL = "personal"
    GENERAL = "general"
    LAST_GOOD = "last_good"
    BEST_SELLERS = "best_sellers"


class ShelfKind(Enum):
    """The kind of a shelf, which decides its heading."""

    FOR_YOU = "for you"
    TOPIC = "topic"
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
    topic: Topic | None = None

    @cached_property
    def is_personal(self) -> bool:
        """Whether any book is recommended because of the reader's own history."""
        return any(card.reason and card.reason.kind in PERSONAL for card in self.cards)


def answer_of(lists: Iterable[RecommendationList]) -> Answer:
    """Whether Recommendations used the reader's own history for any book of these lists."""
    reasons = (book.reason for recommended in lists for book in recommended.recommendations)
    return Answer.PERSONAL if any(reason and reason.kind in PERSONAL for reason in reasons) else Answer.GENERAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The home page; shelves without books are left out, except the first."""

    shelves: tuple[Shelf, ...]
    topics: tuple[Topic, ...]
    notice: Notice


ShelfRequest = tuple[ShelfKind, RecommendationRequest]
"""The kind of a shelf, and the request for its recommendations."""


def home_requests(taste: Taste, topics: Mapping[int, Sequence[Topic]], best: BestSellers) -> list[ShelfRequest]:
    """The shelves of a home page: favourite topics for a reader, the most popular ones for a visitor.

    `topics` has those of the books that the reader viewed or liked, by id.
    """
    popular = (ShelfKind.POPULAR, RecommendationRequest(None, SHELF_LENGTH, Selection.POPULAR))
    new = (ShelfKind.NEW, RecommendationRequest(None, SHELF_LENGTH, Selection.NEW))
    for_you = (ShelfKind.FOR_YOU, RecommendationRequest(None, FOR_YOU_LENGTH))
    if not taste.viewed and not taste.excluded:
        # No popular shelf: without a history the first one has popular books.
        first = (FIRST_CATEGORY,) if FIRST_CATEGORY in best.by_topic else ()
        popular_topics = tuple(dict.fromkeys((*first, *best.most_read)))[:VISITOR_TOPICS]
        return [for_you, new, *map(topic_request, popular_topics)]
    return [for_you, *map(topic_request, taste.favourites(topics, READER_TOPICS)), popular, new]


def topic_request(topic: Topic) -> ShelfRequest:
    return ShelfKind.TOPIC, RecommendationRequest(topic, SHELF_LENGTH)


def recommended_cards(recommended: RecommendationList, cards: Mapping[int, Card], taste: Taste) -> tuple[Card, ...]:
    """The cards of a list's books with the reasons for this reader; `cards` has those of the catalogue."""
    shown = []
    for book in recommended.recommendations:
        card = cards.get(book.book_id)
        # Recommendations may not know yet what the reader rated or dismissed a moment ago.
        if card is not None and book.book_id not in taste.excluded:
            shown.append(_with_reason(card, taste.with_signal(book.reason)))
    return tuple(shown)


@lru_cache(maxsize=CACHED_CARDS)
def _with_reason(card: Card, reason: Reason | None) -> Card:
    # A page has forty cards, most of which were on the page before.
    return replace(card, reason=reason)


def cards_without(cards: Iterable[Card], book_ids: Iterable[int], *, limit: int) -> tuple[Card, ...]:
    """At most `limit` of the cards, without these books."""
    left_out = set(book_ids)
    return tuple(card for card in cards if card.id not in left_out)[:limit]
