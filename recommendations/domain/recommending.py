"""Requests for lists of books, and the lists."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from recommendations.domain.books import Book, Category

Topic = Category | str
"""What the books of a list may be restricted to: a category, or a subject as a text."""


class ReasonKind(IntEnum):
    """Why a book is recommended, numbered as in the contract."""

    BECAUSE_OF_BOOKS = 1
    POPULAR = 2
    NEW = 3
    LIKE_THIS_BOOK = 4
    SAME_AUTHOR = 5
    SAME_SUBJECT = 6


class Reason(NamedTuple):
    """Why a book is recommended; `books` are the top contributors, the greatest contribution first."""

    kind: ReasonKind
    books: tuple[Book, ...] = ()


class Recommendation(NamedTuple):
    book: Book
    score: float
    reason: Reason


class Selection(IntEnum):
    """How the books of a list are ranked, numbered as in the contract."""

    FOR_YOU = 0
    POPULAR = 1
    NEW = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendRequest:
    """A checked request: at most `limit` books for a reader, of one category or on one subject, or of all."""

    reader_id: int
    topic: Topic | None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationList:
    """The answer to one request: the books, best first."""

    recommendations: tuple[Recommendation, ...]
    recommendation_id: str
    model_version: str

    @property
    def book_ids(self) -> list[int]:
        return [recommendation.book.id for recommendation in self.recommendations]
