"""Requests that change the catalogue, and their results."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from protobufs import recommendations_pb2 as pb
from recommendations.api.messages import fields
from recommendations.api.messages.fields import MAX_TEXT
from recommendations.domain.books import Book, Category, UpsertOutcome, UpsertResult
from recommendations.domain.interactions import HIGHEST_RATING

MAX_BOOKS = 1_000
YEARS = range(-5000, 10_000)

MAX_ENTRIES = 1_000
"""How many authors, categories or subjects a book may have."""

MAX_TOTAL_TEXT = 100_000
"""How many characters all texts of a book may have, so that ten books of any kind fit into a request.

An import accepts less: 10,000 in each column.
"""


def books(message: pb.UpsertBooksRequest) -> list[Book | UpsertResult]:
    """Each book, or the reason why it is refused. Raises InvalidArgument if there are too many."""
    fields.at_most(MAX_BOOKS, len(message.books), "books")
    checked: list[Book | UpsertResult] = []
    for book in message.books:
        reason = next(_faults(book), None)
        checked.append(_book(book) if reason is None else UpsertResult(UpsertOutcome.REFUSED, reason))
    return checked


def upsert_response(results: Sequence[UpsertResult]) -> pb.UpsertBooksResponse:
    return pb.UpsertBooksResponse(
        results=[
            pb.UpsertResult(outcome=pb.UpsertResult.Outcome.ValueType(result.outcome.value), reason=result.reason)
            for result in results
        ]
    )


def removed_books(message: pb.RemoveBooksRequest) -> list[int]:
    """The ids of the books, each once. Raises InvalidArgument."""
    fields.at_most(MAX_BOOKS, len(message.book_ids), "book_ids")
    return sorted({fields.positive(book_id, "book_ids") for book_id in message.book_ids})


def _faults(book: pb.Book) -> Iterator[str]:
    """What is wrong with a book, in sentences that each name a field."""
    if book.id <= 0:
        yield "id must be positive"
    if not _is_text(book.title):
        yield f"title must be 1 to {MAX_TEXT:,} characters and not blank"
    yield from _faults_of_lists(book)
    if any(number not in _CATEGORIES for number in book.categories):
        yield "categories must be known ones"
    for name, text in (("isbn", book.isbn), ("work", book.work)):
        if len(text) > MAX_TEXT or "\0" in text:
            yield f"{name} must be at most {MAX_TEXT:,} characters"
    if book.year not in YEARS:
        yield f"year must be {YEARS[0]} to {YEARS[-1]}"
    if book.published_on and _day(book.published_on) is None:
        yield "published_on must be a day written as 2026-11-22"
    if book.ratings_count < 0:
        yield "ratings_count must not be negative"
    if not 0 <= book.average_rating <= HIGHEST_RATING:
        yield f"average_rating must be 0 to {HIGHEST_RATING:g}"


def _faults_of_lists(book: pb.Book) -> Iterator[str]:
    for name, entries in (("authors", book.authors), ("categories", book.categories), ("subjects", book.subjects)):
        if len(entries) > MAX_ENTRIES:
            yield f"{name} must not be more than {MAX_ENTRIES:,}"
    for name, texts in (("authors", book.authors), ("subjects", book.subjects)):
        if not all(map(_is_text, texts)):
            yield f"{name} must each be 1 to {MAX_TEXT:,} characters and not blank"
    if sum(map(len, (book.title, book.isbn, *book.authors, *book.subjects))) > MAX_TOTAL_TEXT:
        yield f"title, isbn, authors and subjects must together be at most {MAX_TOTAL_TEXT:,} characters"


_CATEGORIES = frozenset(map(int, Category))


def _is_text(text: str) -> bool:
    # PostgreSQL cannot store the character 0.
    return bool(text.strip()) and len(text) <= MAX_TEXT and "\0" not in text


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # fromisoformat accepts other forms too, such as 20261122 and 2026-W47-7.
    return day if day.isoformat() == text else None


def _book(book: pb.Book) -> Book:
    return Book(
        id=book.id,
        title=book.title.strip(),
        authors=_distinct(book.authors),
        categories=tuple(Category(number) for number in dict.fromkeys(book.categories)),
        subjects=_distinct(book.subjects),
        year=book.year or None,
        published_on=_day(book.published_on) if book.published_on else None,
        isbn=book.isbn.strip(),
        work=book.work.strip(),
        ratings_count=book.ratings_count,
        average_rating=book.average_rating,
    )


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """The stripped texts without repetitions, as an import reads them."""
    return tuple(dict.fromkeys(text.strip() for text in texts))
