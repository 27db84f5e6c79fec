"""Recommended lists, and the reasons for the books on them."""

from dataclasses import dataclass
from enum import IntEnum

from marketplace.domain.subjects import Topic


class ReasonKind(IntEnum):
    """Why a book is recommended, numbered as in the contract."""

    BECAUSE_OF_BOOKS = 1
    POPULAR = 2
    NEW = 3
    LIKE_THIS_BOOK = 4
    SAME_AUTHOR = 5
    SAME_SUBJECT = 6


PERSONAL = frozenset({ReasonKind.BECAUSE_OF_BOOKS, ReasonKind.SAME_AUTHOR, ReasonKind.SAME_SUBJECT})
"""The reasons that come from the reader's own history."""


class Signal(IntEnum):
    """Which interaction connects the reader with the books of a reason."""

    OTHER = 0
    VIEWED = 1
    LIKED = 2
    BOUGHT = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a book is recommended; `books` (id and title) contributed to it, top contributors first.

    They are from the reader's history or, in a list of similar books, the book that the list is for.
    """

    kind: ReasonKind
    books: tuple[tuple[int, str], ...] = ()
    signal: Signal = Signal.OTHER


class Selection(IntEnum):
    """How the books of a list are selected, numbered as in the contract."""

    FOR_YOU = 0
    POPULAR = 1
    NEW = 2


@dataclass(frozen=True, slots=True)
class RecommendationRequest:
    """A request for at most `limit` books of one topic, or of all if it is None."""

    topic: Topic | None
    limit: int
    selection: Selection = Selection.FOR_YOU


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The id of a recommended book, with the reason; the shop's own catalogue has the rest."""

    book_id: int
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class RecommendationList:
    """Recommended books, best first, and the id that interactions with them refer to."""

    recommendations: tuple[Recommendation, ...]
    recommendation_id: str = ""
