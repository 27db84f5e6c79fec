"""Books and their categories."""

from dataclasses import dataclass
from datetime import date
from enum import Enum, IntEnum


class Category(IntEnum):
    """A category of books, numbered as in the contract."""

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
    """A book's facts, as far as recommending needs them.

    Books with the same `work`, unless it is empty, are editions of one work, see editions.py. `ratings_count` and
    `average_rating` (of 5) are those of the book elsewhere, as catalogues say them; 0 if unknown.
    `added_on` is the day on which it first came into the catalogue. A removed book is never recommended, but still
    says what its readers like.
    """

    id: int
    title: str
    authors: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    subjects: tuple[str, ...] = ()
    year: int | None = None
    published_on: date | None = None
    isbn: str = ""
    work: str = ""
    ratings_count: int = 0
    average_rating: float = 0.0
    added_on: date | None = None
    removed: bool = False


class UpsertOutcome(Enum):
    """The outcome of adding or replacing a book, numbered as in the contract."""

    STORED = 1
    UNCHANGED = 2
    REFUSED = 3


@dataclass(frozen=True, slots=True)
class UpsertResult:
    """The outcome for one book, with the reason of a refusal."""

    outcome: UpsertOutcome
    reason: str = ""
