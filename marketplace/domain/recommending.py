"""Recommended lists, and why a book is on one."""

from dataclasses import dataclass
from enum import IntEnum

from marketplace.domain.categories import Category


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


class Signal(IntEnum):
    """How the reader came to know the books of a reason."""

    OTHER = 0
    VIEWED = 1
    LIKED = 2


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a book is recommended; `books` (id and title) led to it, the one that counted most first.

    They are books that the reader knows or, on a shelf of similar books, the one that it was asked for.
    """

    kind: ReasonKind
    books: tuple[tuple[int, str], ...] = ()
    signal: Signal = Signal.OTHER


class Selection(IntEnum):
    """By what the books of a shelf are chosen, numbered as in the contract."""

    FOR_YOU = 0
    POPULAR = 1
    NEW = 2


@dataclass(frozen=True, slots=True)
class RecommendationRequest:
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
class RecommendationList:
    """A recommended list, best book first, and the name to give back with what it led to."""

    recommendations: tuple[Recommendation, ...]
    recommendation_id: str = ""
