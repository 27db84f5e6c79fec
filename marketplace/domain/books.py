"""Books, and the lists of them that the shop shows."""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cached_property

from marketplace.domain.categories import Category
from marketplace.domain.money import Money
from marketplace.domain.recommendations import Reason
from marketplace.domain.subjects import Subject, Topic, subject_slug

LOW_STOCK = 5
"""So many copies are few: pages say how many are left, and the shop's staff is notified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A book of the catalogue; `stock` is None if it is not tracked.

    The shop itself does not use `published_on`, by which Recommendations tells which books are new, and `work`, by
    which it knows editions of one work. `ratings_count` and `average_rating` (of 5) are those of the book elsewhere,
    as catalogues say them; 0 if unknown. `external_id` is the id in imported files, if `id` is not.
    """

    id: int
    title: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    isbn: str = ""
    categories: tuple[Category, ...] = ()
    subjects: tuple[str, ...] = ()
    description: str = ""
    price: Money | None = None
    stock: int | None = None
    picture: str = ""
    published_on: date | None = None
    work: str = ""
    ratings_count: int = 0
    average_rating: float = 0.0
    external_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a list shows of a book; `readers` counts its readers in the imported history."""

    id: int
    title: str
    authors: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    price: Money | None = None
    stock: int | None = None
    picture: str = ""
    readers: int = 0
    reason: Reason | None = None

    def __hash__(self) -> int:
        """Hash the id only: a page looks up all its cards in caches, and hashing every field is slow."""
        return hash(self.id)


@dataclass(frozen=True, kw_only=True)
class BestSellers:
    """The shop's own best-sellers: overall, and of every topic that the shop shows.

    These are the categories that have books, by number, and where there are few the subjects with most books.
    """

    overall: tuple[Card, ...]
    by_topic: dict[Topic, tuple[Card, ...]]

    @cached_property
    def topics(self) -> tuple[Topic, ...]:
        """The topics, by name."""
        return tuple(sorted(self.by_topic, key=lambda topic: topic.label.casefold()))

    @cached_property
    def most_read(self) -> tuple[Topic, ...]:
        """The topics, those whose best-sellers have most readers first."""
        return tuple(sorted(self.by_topic, key=lambda topic: -sum(card.readers for card in self.by_topic[topic])))

    @cached_property
    def subjects(self) -> dict[str, Subject]:
        """Those of the topics that are subjects, by slug."""
        return {topic.slug: topic for topic in self.by_topic if isinstance(topic, Subject)}

    def topics_of(self, book: Book) -> tuple[Topic, ...]:
        """The topics of a book, the categories first."""
        slugs = dict.fromkeys(map(subject_slug, book.subjects))
        return (
            *(category for category in book.categories if category in self.by_topic),
            *(self.subjects[slug] for slug in slugs if slug in self.subjects),
        )


class Sort(Enum):
    """The order of a list; the value is used in URLs."""

    RELEVANCE = "relevance"
    POPULAR = "popular"
    NEWEST = "newest"
    TITLE = "title"
    PRICE_ASCENDING = "price"
    PRICE_DESCENDING = "price-desc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a list of books; `total` counts the books on all pages."""

    cards: tuple[Card, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedListing(Listing):
    """One page of the books of an author or a subject, with the name as on the most read one."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage(Listing):
    """One page of the books that match a query.

    `total` counts the books that paging can reach, and `has_more` is whether others match. `corrected` is the query
    after spelling correction, "" if nothing was corrected. `is_partial`: no book has all words, these have some.
    """

    has_more: bool = False
    corrected: str = ""
    is_partial: bool = False


class SuggestionKind(Enum):
    """What a suggestion links to."""

    AUTHOR = "author"
    BOOK = "book"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A completion of a query: a book by its id, an author or a category by its slug."""

    kind: SuggestionKind
    text: str
    book_id: int | None = None
    slug: str = ""
    detail: str = ""
