"""The limits of requests that change the catalogue."""

from datetime import date
from typing import Any

import pytest

from protobufs import recommendations_pb2 as pb
from recommendations.api.messages import books
from recommendations.domain.books import Book, Category, UpsertOutcome, UpsertResult
from servicekit.errors import InvalidArgument
from servicekit.grpc.calls import MAX_REQUEST_BYTES

INT32_MAX = 2**31 - 1
DUNE: dict[str, Any] = {"id": 1, "title": "Dune"}
TEXT = "must each be 1 to 10,000 characters and not blank"


def checked(**fields: Any) -> Book | UpsertResult:
    message = pb.Book(**(DUNE | fields))
    (result,) = books.books(pb.UpsertBooksRequest(books=[message]))
    return result


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"id": INT32_MAX}, {"id": INT32_MAX}),
        ({"title": "x" * 10_000}, {"title": "x" * 10_000}),
        ({"title": " Two\u00a0words\n"}, {"title": "Two\u00a0words"}),
        ({"authors": ["B", " A ", "B"]}, {"authors": ("B", "A")}),
        ({"subjects": ["deserts", "x" * 10_000]}, {"subjects": ("deserts", "x" * 10_000)}),
        ({"authors": ["a"] * 1_000, "subjects": ["s"] * 1_000}, {"authors": ("a",), "subjects": ("s",)}),
        (
            {"subjects": ["x" * 10_000] * 9, "authors": ["x" * 9_996]},
            {"subjects": ("x" * 10_000,), "authors": ("x" * 9_996,)},
        ),
        ({"categories": [35, 0, 35]}, {"categories": (Category.REFERENCE, Category.MYSTERY)}),
        ({"year": 0}, {"year": None}),
        ({"year": 9999}, {"year": 9999}),
        ({"year": -750}, {"year": -750}),
        ({"work": " 44492286\n"}, {"work": "44492286"}),
        ({"published_on": "2026-11-22"}, {"published_on": date(2026, 11, 22)}),
        ({"published_on": "0001-01-01"}, {"published_on": date(1, 1, 1)}),
        ({"ratings_count": 0, "average_rating": 0.0}, {"ratings_count": 0, "average_rating": 0.0}),
        ({"ratings_count": 2**63 - 1, "average_rating": 5.0}, {"ratings_count": 2**63 - 1, "average_rating": 5.0}),
        ({"average_rating": 4.34}, {"average_rating": 4.34}),
    ],
)
def test_good_books(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    """A book within the limits is read as an import reads it: without surrounding space and repetitions."""
    assert checked(**fields) == Book(**(DUNE | expected))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": 0}, "id must be positive"),
        ({"id": -1}, "id must be positive"),
        *(
            ({"title": title}, "title must be 1 to 10,000 characters and not blank")
            for title in ("", " \t", "x" * 10_001, "nul\0")
        ),
        *(({"authors": ["A", author]}, f"authors {TEXT}") for author in ("", " ", "x" * 10_001, "\0")),
        *(({"subjects": [subject]}, f"subjects {TEXT}") for subject in ("", " ", "x" * 10_001, "\0")),
        *(
            ({name: entries}, f"{name} must not be more than 1,000")
            for name, entries in (
                ("authors", ["a"] * 1_001),
                ("subjects", ["s"] * 1_001),
                ("categories", [0] * 1_001),
            )
        ),
        (
            {"subjects": ["x" * 10_000] * 9, "authors": ["x" * 9_997], "title": "tt", "isbn": "12"},
            "title, isbn, authors and subjects must together be at most 100,000 characters",
        ),
        ({"categories": [0, 36]}, "categories must be known ones"),
        ({"categories": [-1]}, "categories must be known ones"),
        ({"year": 10_000}, "year must be -5000 to 9999"),
        ({"year": -5001}, "year must be -5000 to 9999"),
        *(
            ({name: text}, f"{name} must be at most 10,000 characters")
            for name in ("isbn", "work")
            for text in ("x" * 10_001, "nul\0")
        ),
        *(
            ({"published_on": day}, "published_on must be a day written as 2026-11-22")
            for day in ("2026", "2026-02-30", "20261122", "2026-W47-7", "2026-11-22T00:00:00", " 2026-11-22", "x")
        ),
        ({"ratings_count": -1}, "ratings_count must not be negative"),
        *(
            ({"average_rating": average}, "average_rating must be 0 to 5")
            for average in (-0.1, 5.01, float("inf"), float("-inf"), float("nan"))
        ),
    ],
)
def test_refused_books(fields: dict[str, Any], reason: str) -> None:
    """A book beyond a limit is refused with a sentence that names the field."""
    assert checked(**fields) == UpsertResult(UpsertOutcome.REFUSED, reason)


def test_refused_books_keep_their_position() -> None:
    """Good and bad books come back in the order of the request."""
    batch = [pb.Book(id=1, title="a"), pb.Book(id=2), pb.Book(id=3, title="c")]
    first, second, third = books.books(pb.UpsertBooksRequest(books=batch))
    assert (first, third) == (Book(id=1, title="a"), Book(id=3, title="c"))
    assert isinstance(second, UpsertResult)


def test_ten_books_of_any_size_fit_into_a_request() -> None:
    """Of the longest texts in the longest characters, in as many entries as a book may have."""
    largest = pb.Book(
        id=INT32_MAX,
        title="\U0001f4da" * 50,
        authors=["\U0001f4da" * 50] * 999,
        subjects=["\U0001f4da" * 50] * 1_000,
        categories=[pb.REFERENCE] * 1_000,
        year=-5000,
        published_on="2026-11-22",
    )
    request = pb.UpsertBooksRequest(books=[largest] * 10)
    assert all(isinstance(book, Book) for book in books.books(request))
    assert request.ByteSize() <= MAX_REQUEST_BYTES


def test_a_thousand_books_and_one_more() -> None:
    """A thousand may be upserted or removed; one more, and the whole call is refused."""
    message = pb.UpsertBooksRequest(books=[pb.Book(id=1, title="a")] * 1000)
    assert len(books.books(message)) == 1000
    message.books.append(pb.Book(id=1, title="a"))
    with pytest.raises(InvalidArgument) as caught:
        books.books(message)
    assert (caught.value.field, caught.value.description) == ("books", "must not be more than 1,000")
    assert len(books.removed_books(pb.RemoveBooksRequest(book_ids=range(1, 1001)))) == 1000
    with pytest.raises(InvalidArgument) as caught:
        books.removed_books(pb.RemoveBooksRequest(book_ids=range(1, 1002)))
    assert (caught.value.field, caught.value.description) == ("book_ids", "must not be more than 1,000")


def test_books_to_remove() -> None:
    """A repeated id counts once."""
    assert books.removed_books(pb.RemoveBooksRequest(book_ids=[3, 1, 3])) == [1, 3]
    assert books.removed_books(pb.RemoveBooksRequest()) == []


@pytest.mark.parametrize("book_id", [0, -1])
def test_malformed_books_to_remove(book_id: int) -> None:
    """The field is named."""
    with pytest.raises(InvalidArgument) as caught:
        books.removed_books(pb.RemoveBooksRequest(book_ids=[1, book_id]))
    assert (caught.value.field, caught.value.description) == ("book_ids", "must be positive")
