"""Requests for lists of books, and the lists."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import repeat
from typing import NamedTuple

from recommendations.domain.books import Book, Category


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
class RecommendRequest:
    """A checked request: at most `limit` books for a reader, of one category, or of all where it is None."""

    reader_id: int
    category: Category | None
    limit: int
    excluded: frozenset[int] = frozenset()
    selection: Selection = Selection.FOR_YOU


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarBooksRequest:
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
class RecommendationList:
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
    ) -> "RecommendationList":
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
