"""Books, readers' interactions and recommended shelves, free of any technology."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, IntEnum, IntFlag
from typing import NamedTuple

NOBODY = 0
"""The reader that is nobody in particular: recommended to, never recorded."""

LONGEST_ID = 100
"""Characters in the id of an interaction or of a list."""

LOWEST_RATING, HIGHEST_RATING = 0.5, 5.0


class RecommendationsError(Exception):
    """The base of what can go wrong for a reason that the caller should hear.

    RecommendationsError
     ├─ InvalidArgument
     ├─ CategoryNotFound
     ├─ NotReady
     ├─ StoreUnavailable
     └─ ModelUnusable
    """


class InvalidArgument(RecommendationsError):
    """A field of a request is malformed."""

    def __init__(self, field: str, description: str) -> None:
        super().__init__(f"{field} {description}")
        self.field = field
        self.description = description


class CategoryNotFound(RecommendationsError):
    """The request names a category that does not exist."""

    def __init__(self) -> None:
        super().__init__("Category not found")


class NotReady(RecommendationsError):
    """There is no model yet."""

    def __init__(self) -> None:
        super().__init__("There is no model yet; try again when the server is ready")


class StoreUnavailable(RecommendationsError):
    """The database does not answer, or cannot write; nothing was stored."""

    def __init__(self) -> None:
        super().__init__("The database failed; nothing of this call was stored, try again")


class ModelUnusable(RecommendationsError):
    """A model on disk is absent, of another format or damaged; the message says why."""


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


class Event(NamedTuple):
    """A stored interaction as far as the model needs it; `sequence` orders all events there are."""

    sequence: int
    reader_id: int
    book_id: int
    kind: int
    value: float


class Standing(IntFlag):
    """How a reader stands to a book after all that they did with it."""

    NONE = 0
    LIKED = 1
    """Counts as the reader's taste."""
    TAKEN = 2
    """Bought or rated: not recommended again."""
    WAVED_AWAY = 4
    """The reader said not to be interested: not recommended again."""
    OPINION = 8
    """The reader said what they think of it, which outranks what they merely did."""


LOWEST_LIKING = 3.0
"""The lowest rating that counts as a liking."""


def standing_after(before: Standing, kind: InteractionKind, value: float) -> Standing:
    """A reader's standing to a book after one more interaction with it.

    What a reader says of a book, by rating it or waving it away, replaces what they said before. What they only
    do (view, click, cart, purchase) is a liking as long as they have said nothing.
    """
    said = before & Standing.OPINION
    match kind:
        case InteractionKind.SHOWN:
            return before
        case InteractionKind.RATING:
            liked = Standing.LIKED if value >= LOWEST_LIKING else Standing.NONE
            return Standing.TAKEN | Standing.OPINION | liked
        case InteractionKind.NOT_INTERESTED:
            return (before & Standing.TAKEN) | Standing.WAVED_AWAY | Standing.OPINION
        case InteractionKind.PURCHASE:
            return before | Standing.TAKEN | (Standing.NONE if said else Standing.LIKED)
        case _:
            return before if said else before | Standing.LIKED


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
