"""Books, readers' interactions and recommended shelves, free of any technology."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, IntEnum

NOBODY = 0
"""The reader that is nobody in particular: recommended to, never recorded."""

GREATEST_ID = 2**31 - 1


class RecommendationsError(Exception):
    """The base of what can go wrong for a reason that the caller should hear.

    RecommendationsError
     ├─ InvalidArgument
     ├─ CategoryNotFound
     └─ NotReady
    """


class InvalidArgument(RecommendationsError):
    """A field of a request is malformed."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field}: {description}")
        self.field = field
        self.description = description


class CategoryNotFound(RecommendationsError):
    """The request names a category that does not exist."""

    def __init__(self) -> None:
        super().__init__("Category not found")


class NotReady(RecommendationsError):
    """There is no model yet, or the database does not answer; try again."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A book's facts, as far as recommending needs them."""

    id: int
    title: str
    authors: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    subjects: tuple[str, ...] = ()
    year: int | None = None
    published_on: date | None = None


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
    """Something that a reader did with a book; `value` is the rating, 0.5 to 5, of a rating and 0 otherwise."""

    id: str
    reader_id: int
    book_id: int
    kind: InteractionKind
    value: float = 0.0
    occurred_at: datetime | None = None
    recommendation_id: str = ""


class Outcome(Enum):
    """What became of an interaction that was to be recorded."""

    STORED = 1
    REPEATED = 2
    REFUSED = 3


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome for one interaction, with the reason of a refusal."""

    outcome: Outcome
    reason: str = ""


class ReasonKind(Enum):
    """Why a book is recommended, numbered as in the contract."""

    BECAUSE_OF_BOOKS = 1
    POPULAR = 2
    NEW = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a book is recommended; `books` are those of the reader's history that counted most."""

    kind: ReasonKind
    books: tuple[Book, ...] = ()


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One recommended book."""

    book: Book
    score: float
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfRequest:
    """A checked request: at most `limit` books for a reader, of one category, or of all where it is None."""

    reader_id: int
    category: Category | None
    limit: int
    excluded: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The answer to one request, best book first."""

    recommendations: tuple[Recommendation, ...]
    recommendation_id: str
    model_version: str
