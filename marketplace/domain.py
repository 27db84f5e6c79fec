"""Books, readers' interactions and shelves as the shop sees them, free of any technology."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, IntEnum
from typing import Self

NOBODY = 0
"""The reader that is nobody in particular: shown books, never recorded."""

GREATEST_ID = 2**31 - 1
GREATEST_IMPORTED_ID = 999_999_999
FIRST_ID_MADE_HERE = 1_000_000_000


SHOP = "shop"
"""The attribution of what a reader found on a shelf that the shop filled itself."""

# Short enough that an interaction's id of at most 100 characters has room for it.
_ATTRIBUTION = re.compile(r"[A-Za-z0-9._:=+/~-]{1,64}")


def is_attribution(text: str) -> bool:
    """Whether `text` can name the list that led a reader to a book."""
    return _ATTRIBUTION.fullmatch(text) is not None


class MarketplaceError(Exception):
    """The base of what can go wrong for a reason that a page has an answer to.

    MarketplaceError
     ├─ BookNotFound
     ├─ CategoryNotFound
     ├─ StoreUnavailable
     └─ RecommenderError
         ├─ RecommenderUnavailable   transient: the same call may succeed later
         └─ RecommenderRefused       permanent: the same call would be refused again
    """


class BookNotFound(MarketplaceError):
    """The catalogue has no book of that id."""


class CategoryNotFound(MarketplaceError):
    """No book of the catalogue stands on that shelf."""


class StoreUnavailable(MarketplaceError):
    """The shop's own database does not answer, or not as it should."""


class RecommenderError(MarketplaceError):
    """Recommendations gave no answer."""


class RecommenderUnavailable(RecommenderError):
    """Recommendations is down, slow or overloaded; the same call may succeed later."""


class RecommenderRefused(RecommenderError):
    """Recommendations will not do what was asked; the same call would be refused again."""


class Category(IntEnum):
    """A shelf of the bookshop, numbered as in the contract."""

    MYSTERY = 0
    SCIENCE_FICTION = 1
    SELF_HELP = 2
    FICTION = 3
    CLASSICS = 4
    FANTASY = 5
    HISTORICAL_FICTION = 6
    ROMANCE = 7
    THRILLER = 8
    HORROR = 9
    YOUNG_ADULT = 10
    CHILDREN = 11
    COMICS = 12
    POETRY = 13
    DRAMA = 14
    HUMOR = 15
    BIOGRAPHY = 16
    HISTORY = 17
    TRUE_CRIME = 18
    SCIENCE = 19
    TECHNOLOGY = 20
    NATURE = 21
    PHILOSOPHY = 22
    RELIGION = 23
    PSYCHOLOGY = 24
    BUSINESS = 25
    POLITICS = 26
    TRAVEL = 27
    COOKING = 28
    ART = 29
    MUSIC = 30
    HEALTH = 31
    SPORTS = 32
    FAMILY = 33
    EDUCATION = 34
    REFERENCE = 35

    @property
    def label(self) -> str:
        """The name on the shelf: `Science Fiction`."""
        return "Self-Help" if self is Category.SELF_HELP else self.name.replace("_", " ").title()

    @property
    def slug(self) -> str:
        """The name in an address: `science-fiction`."""
        return self.name.replace("_", "-").lower()

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The category that a label, slug or name means, whatever its case; None where there is no such one."""
        name = "_".join(re.split(r"[\s_-]+", text.strip())).upper()
        return cls.__members__.get(name)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents) of a currency, named as in ISO 4217."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A book of the catalogue; `stock` None means that nobody counts."""

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


class InteractionKind(IntEnum):
    """What a reader did with a book, numbered as in the contract."""

    SHOWN = 1
    VIEW = 2
    CLICK = 3
    CART = 4
    PURCHASE = 5
    RATING = 6
    NOT_INTERESTED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """Something that a reader did with a book; `recommendation_id` names the list that led to it, if one did."""

    id: str
    reader_id: int
    book_id: int
    kind: InteractionKind
    occurred_at: datetime
    recommendation_id: str = ""


class Outcome(Enum):
    """What became of an interaction that was sent."""

    STORED = 1
    REPEATED = 2
    REFUSED = 3


@dataclass(frozen=True, slots=True)
class RecordResult:
    """The outcome for one interaction, with the reason of a refusal."""

    outcome: Outcome
    reason: str = ""


class ReasonKind(Enum):
    """Why a book is recommended, numbered as in the contract."""

    BECAUSE_OF_BOOKS = 1
    POPULAR = 2
    NEW = 3
    LIKE_THIS_BOOK = 4
    SAME_AUTHOR = 5
    SAME_SUBJECT = 6


PERSONAL = frozenset({ReasonKind.BECAUSE_OF_BOOKS, ReasonKind.SAME_AUTHOR, ReasonKind.SAME_SUBJECT})
"""On a reader's shelf: the reasons that lie in what this reader knows."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a book is recommended; `titles` are the books that led to it, the one that counted most first.

    They are books that the reader knows or, on a shelf of similar books, the one that it was asked for.
    """

    kind: ReasonKind
    titles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShelfRequest:
    """Asks for at most `limit` books of one category, or of all where it is None."""

    category: Category | None
    limit: int


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One recommended book, by id: what a card shows comes from the shop's own catalogue."""

    book_id: int
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """A recommended list, best book first, and the name to give back with what it led to."""

    recommendations: tuple[Recommendation, ...]
    recommendation_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a page shows of a book in a list; `readers` had it in the imported history."""

    id: int
    title: str
    authors: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    price: Money | None = None
    stock: int | None = None
    picture: str = ""
    readers: int = 0
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BestSellers:
    """The shop's own shelves: overall, and of every category that has books."""

    overall: tuple[Card, ...]
    by_category: dict[Category, tuple[Card, ...]]
