"""Books, readers' interactions and recommended shelves, free of any technology."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, IntEnum, IntFlag
from itertools import repeat
from math import nan
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
     ├─ BookNotFound
     ├─ NotReady
     ├─ StoreUnavailable
     ├─ ForgettingUnfinished
     ├─ ModelUnusable
     ├─ NoSuchModel
     └─ NothingToTrainOn
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


class BookNotFound(RecommendationsError):
    """The request names a book that was never in the catalogue."""

    def __init__(self) -> None:
        super().__init__("Book not found")


class NotReady(RecommendationsError):
    """There is no model yet."""

    def __init__(self) -> None:
        super().__init__("There is no model yet; try again when the server is ready")


class StoreUnavailable(RecommendationsError):
    """The database does not answer, or cannot write; nothing was stored."""

    def __init__(self) -> None:
        super().__init__("The database failed; nothing of this call was stored, try again")


class ForgettingUnfinished(RecommendationsError):
    """A reader is gone from the database, but not yet from memory or from every model on disk."""

    def __init__(self) -> None:
        super().__init__("The reader is gone from the database, but not yet from every model; try again")


class ModelUnusable(RecommendationsError):
    """A model on disk is absent, of another format or damaged; the message says why."""


class NoSuchModel(RecommendationsError):
    """No model of that version was ever published here, or there is none to go back to; the message says which."""


class NothingToTrainOn(RecommendationsError):
    """There is no book."""


class AddressInUse(RecommendationsError):
    """The server cannot listen on its address; the message says which."""


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
    """A book's facts, as far as recommending needs them.

    `added_on` is the day of its first arrival in the catalogue. A removed book is never recommended, but goes on
    counting as the taste of whoever liked it.
    """

    id: int
    title: str
    authors: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    subjects: tuple[str, ...] = ()
    year: int | None = None
    published_on: date | None = None
    isbn: str = ""
    added_on: date | None = None
    removed: bool = False


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """Something that a reader did with a book; `value` is the rating, 0.5 to 5, of a rating and 0 otherwise.

    An undo has no book; it names in `undoes` the interaction of the same reader that it takes back.
    """

    id: str
    reader_id: int
    book_id: int
    kind: InteractionKind
    value: float = 0.0
    occurred_at: datetime | None = None
    recommendation_id: str = ""
    undoes: str = ""


class Event(NamedTuple):
    """A stored interaction as far as the model needs it; `sequence` orders all events there are.

    `happened` is the time in seconds since 1970 (UTC), NaN where nobody knows it.
    """

    sequence: int
    reader_id: int
    book_id: int
    kind: int
    value: float
    happened: float = nan


class Departure(NamedTuple):
    """A reader id that is no reader any more: merged into another one, or forgotten where `into` is None."""

    reader_id: int
    into: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRequest:
    """A checked request: at most `limit` of what a reader did, from below the sequence number `before`."""

    reader_id: int
    limit: int
    before: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some of what a reader did, the latest first; `older` continues it, None where there is no more."""

    interactions: tuple[Interaction, ...]
    older: int | None


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
    """A reader's standing to a book after one more interaction with it; undone ones are not among them.

    What a reader says of a book, by rating it or waving it away, replaces what they said before. What they only
    do (view, click, cart, purchase) is a liking as long as they have said nothing.
    """
    said = before & Standing.OPINION
    match kind:
        case InteractionKind.SHOWN | InteractionKind.UNDO:
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


SAYS_NOTHING = frozenset({InteractionKind.SHOWN, InteractionKind.UNDO})
"""What leaves a book as unknown to the reader as before; what an undo undoes is left out by the store."""


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


class UpsertOutcome(Enum):
    """What became of a book that was to be added or replaced, numbered as in the contract."""

    STORED = 1
    UNCHANGED = 2
    REFUSED = 3


@dataclass(frozen=True, slots=True)
class UpsertResult:
    """The outcome for one book, with the reason of a refusal."""

    outcome: UpsertOutcome
    reason: str = ""


class ReasonKind(IntEnum):
    """Why a book is recommended, numbered as in the contract."""

    BECAUSE_OF_BOOKS = 1
    POPULAR = 2
    NEW = 3
    LIKE_THIS_BOOK = 4
    SAME_AUTHOR = 5
    SAME_SUBJECT = 6


class Reason(NamedTuple):
    """Why a book is recommended; `books` are those that led to it, the one that counted most first."""

    kind: ReasonKind
    books: tuple[Book, ...] = ()


class Recommendation(NamedTuple):
    """One recommended book."""

    book: Book
    score: float
    reason: Reason


class Selection(IntEnum):
    """By what the books of a shelf are chosen, numbered as in the contract."""

    FOR_YOU = 0
    POPULAR = 1
    NEW = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfRequest:
    """A checked request: at most `limit` books for a reader, of one category, or of all where it is None."""

    reader_id: int
    category: Category | None
    limit: int
    excluded: frozenset[int] = frozenset()
    selection: Selection = Selection.FOR_YOU


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarRequest:
    """A checked request: at most `limit` books like `book_id`, in an order for the reader."""

    book_id: int
    reader_id: int
    limit: int
    excluded: frozenset[int] = frozenset()


LINE_ID, LINE_ROW, LINE_KIND, LINE_COUNT, LINE_BEHIND = range(5)
"""What stands where in a line of a Listing."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Some of `books`, best first, in two blocks of memory, which nobody writes to: of each book a line and a score.

    A line has the book's id and its row in `books`, the kind of its reason, how many books are behind the reason, and
    their rows; all lines are equally long. They are C ints, the scores C doubles.
    """

    books: Sequence[Book]
    lines: memoryview
    scores: memoryview

    @classmethod
    def of(cls, recommendations: Iterable[Recommendation]) -> "Listing":
        """A listing of these."""
        some = list(recommendations)
        books: list[Book] = []
        lines = array("i")
        longest = max((len(one.reason.books) for one in some), default=0)
        for book, _, reason in some:
            row = len(books)
            behind = range(row + 1, row + 1 + len(reason.books))
            lines.extend([book.id, row, reason.kind, len(behind), *behind, *repeat(-1, longest - len(behind))])
            books += [book, *reason.books]
        scores = array("d", [one.score for one in some])
        return cls(books, memoryview(lines).toreadonly(), memoryview(scores).toreadonly())

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def width(self) -> int:
        """How long a line is."""
        return len(self.lines) // len(self.scores) if len(self.scores) else 0

    def __iter__(self) -> Iterator[Recommendation]:
        books, lines, width = self.books, self.lines.tolist(), self.width
        for place, score in enumerate(self.scores.tolist()):
            line = lines[place * width : (place + 1) * width]
            behind = line[LINE_BEHIND : LINE_BEHIND + line[LINE_COUNT]]
            reason = Reason(ReasonKind(line[LINE_KIND]), tuple([books[row] for row in behind]))
            yield Recommendation(books[line[LINE_ROW]], score, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The answer to one request.

    `basis` stands for all that it follows from beside the request, None where nobody keeps account of that.
    """

    listing: Listing
    recommendation_id: str
    model_version: str
    basis: object = field(default=None, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        recommendations: Iterable[Recommendation],
        *,
        recommendation_id: str = "",
        model_version: str = "",
        basis: object = None,
    ) -> "Shelf":
        """A shelf of these books."""
        return cls(
            listing=Listing.of(recommendations),
            recommendation_id=recommendation_id,
            model_version=model_version,
            basis=basis,
        )

    @property
    def recommendations(self) -> tuple[Recommendation, ...]:
        """The books, best first."""
        return tuple(self.listing)

    @property
    def book_ids(self) -> list[int]:
        """Their ids."""
        return self.listing.lines[LINE_ID :: self.listing.width or 1].tolist()
