"""Books, readers' interactions and shelves as the shop sees them, free of any technology."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, IntEnum
from functools import cached_property
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
     ├─ NotInCatalogue
     │   ├─ BookNotFound
     │   ├─ AuthorNotFound
     │   └─ CategoryNotFound
     ├─ InteractionNotFound
     ├─ StoreUnavailable
     ├─ Unfit                        what was typed cannot be used; `faults` say why
     ├─ EmailTaken
     ├─ WrongPassword                or an e-mail that no account has: nobody is told which
     └─ RecommenderError
         ├─ RecommenderUnavailable   transient: the same call may succeed later
         └─ RecommenderRefused       permanent: the same call would be refused again
    """


class NotInCatalogue(MarketplaceError):
    """The base of what the catalogue does not have."""


class BookNotFound(NotInCatalogue):
    """The catalogue has no book of that id."""


class CategoryNotFound(NotInCatalogue):
    """No book of the catalogue stands on that shelf."""


class AuthorNotFound(NotInCatalogue):
    """No book of the catalogue is by an author of that address."""


class InteractionNotFound(MarketplaceError):
    """This reader did no such thing, or took it back already."""


class StoreUnavailable(MarketplaceError):
    """The shop's own database does not answer, or not as it should."""


class Fault(Enum):
    """Why an e-mail or a password cannot be used."""

    EMAIL_MALFORMED = "email malformed"
    PASSWORD_SHORT = "password short"  # noqa: S105  (a word of ours, no password)
    PASSWORD_LONG = "password long"  # noqa: S105
    PASSWORD_COMMON = "password common"  # noqa: S105


class Unfit(MarketplaceError):
    """An e-mail or a password, or both, cannot be used."""

    def __init__(self, faults: frozenset[Fault]) -> None:
        super().__init__(", ".join(sorted(fault.value for fault in faults)))
        self.faults = faults


class EmailTaken(MarketplaceError):
    """Another account has this e-mail."""


class WrongPassword(MarketplaceError):
    """There is no account of this e-mail and password, or none of this reader and password."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A reader who can sign in; a signed-in cookie carries `session_key`, so another one ends every session."""

    reader_id: int
    email: str
    password_hash: str = field(repr=False)
    session_key: str = field(repr=False)


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
    UNDO = 8


OPINIONS = frozenset({InteractionKind.RATING, InteractionKind.NOT_INTERESTED})
"""Of these a reader has one at most about a book, and the book is recommended to them no more."""

MOST_HALF_STARS = 10
LIKED_HALF_STARS = 7
"""From three and a half stars on, a reader liked a book."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """Something that a reader did with a book; `recommendation_id` names the list that led to it, if one did.

    `half_stars` (1 to 10) come with a rating, and with an undo the id of what it `undoes`.
    """

    id: str
    reader_id: int
    book_id: int
    kind: InteractionKind
    occurred_at: datetime
    recommendation_id: str = ""
    half_stars: int | None = None
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class ReadersMerged:
    """One reader became another: a guest signed in."""

    from_reader: int
    into_reader: int


@dataclass(frozen=True, slots=True)
class ReaderForgotten:
    """A reader asked to be forgotten."""

    reader_id: int


ShopEvent = Interaction | ReadersMerged | ReaderForgotten
"""What Recommendations must be told."""


@dataclass(frozen=True, slots=True)
class Ratings:
    """How many readers rated a book, and their mean in stars (0 without any)."""

    count: int
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a reader stands to a book: their opinions of it, and whether they wish for it."""

    rating: Interaction | None = None
    not_interested: Interaction | None = None
    is_wished: bool = False


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


class ReasonKind(IntEnum):
    """Why a book is recommended, numbered as in the contract."""

    BECAUSE_OF_BOOKS = 1
    POPULAR = 2
    NEW = 3
    LIKE_THIS_BOOK = 4
    SAME_AUTHOR = 5
    SAME_SUBJECT = 6


PERSONAL = frozenset({ReasonKind.BECAUSE_OF_BOOKS, ReasonKind.SAME_AUTHOR, ReasonKind.SAME_SUBJECT})
"""On a reader's shelf: the reasons that lie in what this reader knows."""


class Acquaintance(IntEnum):
    """How the reader came to know the books of a reason."""

    OTHER = 0
    SEEN = 1
    LIKED = 2


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a book is recommended; `books` (id and title) led to it, the one that counted most first.

    They are books that the reader knows or, on a shelf of similar books, the one that it was asked for.
    """

    kind: ReasonKind
    books: tuple[tuple[int, str], ...] = ()
    acquaintance: Acquaintance = Acquaintance.OTHER


class Selection(IntEnum):
    """By what the books of a shelf are chosen, numbered as in the contract."""

    FOR_YOU = 0
    POPULAR = 1
    NEW = 2


@dataclass(frozen=True, slots=True)
class ShelfRequest:
    """Asks for at most `limit` books of one category, or of all where it is None."""

    category: Category | None
    limit: int
    selection: Selection = Selection.FOR_YOU


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

    def __hash__(self) -> int:
        """Of the id alone: cards of one book are seldom compared, and all cards of a page are looked up."""
        return hash(self.id)


@dataclass(frozen=True, kw_only=True)
class BestSellers:
    """The shop's own shelves: overall, and of every category that has books."""

    overall: tuple[Card, ...]
    by_category: dict[Category, tuple[Card, ...]]

    @cached_property
    def categories(self) -> tuple[Category, ...]:
        """The categories that have books, by name."""
        return tuple(sorted(self.by_category, key=lambda each: each.label))

    @cached_property
    def busiest(self) -> tuple[Category, ...]:
        """The categories that have books, those first whose shelves had most readers."""

        def readers(category: Category) -> int:
            return sum(card.readers for card in self.by_category[category])

        return tuple(sorted(self.by_category, key=lambda each: (-readers(each), each)))


class Sort(Enum):
    """The order of a list; its value is what stands in an address."""

    RELEVANCE = "relevance"
    POPULAR = "popular"
    NEWEST = "newest"
    TITLE = "title"
    CHEAPEST = "price"
    DEAREST = "price-desc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One page of a list of books; `total` counts the books on all of its pages."""

    cards: tuple[Card, ...] = ()
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorListing(Listing):
    """One page of an author's books, with the name as it stands on the best known of them."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(Listing):
    """One page of what a search found.

    `total` counts what paging can reach; `more` says that yet more books match. `corrected` is the query as it was
    understood, "" where it was taken as typed. `loosened` says that no book has all of its words, and that these have
    some.
    """

    more: bool = False
    corrected: str = ""
    loosened: bool = False


class SuggestionKind(Enum):
    """What a suggestion leads to."""

    AUTHOR = "author"
    BOOK = "book"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Something that whoever is typing may mean: a book by its id, an author or a category by its slug."""

    kind: SuggestionKind
    text: str
    book_id: int | None = None
    slug: str = ""
    detail: str = ""
