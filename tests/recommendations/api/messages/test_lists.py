"""Requests for lists, with their limits, and the lists."""

from typing import Any

import pytest

from protobufs import recommendations_pb2 as pb
from recommendations.api.messages import lists
from recommendations.domain.books import Book, Category
from recommendations.domain.errors import CategoryNotFound
from recommendations.domain.recommending import (
    Reason,
    ReasonKind,
    Recommendation,
    RecommendationList,
    Selection,
    SimilarBooksRequest,
)
from servicekit.errors import InvalidArgument

INT32_MAX = 2**31 - 1


def request(**fields: Any) -> pb.RecommendationRequest:
    return pb.RecommendationRequest(**fields)


@pytest.mark.parametrize(
    ("asked", "limit"), [(0, 10), (1, 1), (10, 10), (99, 99), (100, 100), (101, 100), (INT32_MAX, 100)]
)
def test_max_results(asked: int, limit: int) -> None:
    """0 means 10 and more than 100 means 100."""
    assert lists.recommend_request(request(max_results=asked)).limit == limit


def test_a_request_of_an_old_client() -> None:
    """An empty message means ten mysteries for reader 0."""
    asked = lists.recommend_request(request())
    assert (asked.reader_id, asked.topic, asked.limit, asked.excluded) == (0, Category.MYSTERY, 10, frozenset())
    assert asked.selection is Selection.FOR_YOU


@pytest.mark.parametrize(
    ("fields", "field", "description"),
    [
        ({"user_id": -1}, "user_id", "must not be negative"),
        ({"max_results": -1}, "max_results", "must not be negative"),
        ({"exclude_book_ids": [3, -1]}, "exclude_book_ids", "must not be negative"),
        ({"exclude_book_ids": range(1001)}, "exclude_book_ids", "must not be more than 1,000"),
        ({"selection": 3}, "selection", "must be one of the known selections"),
        ({"selection": -1}, "selection", "must be one of the known selections"),
        ({"subject": "x" * 10_001}, "subject", "must be at most 10,000 characters"),
    ],
)
def test_malformed_requests(fields: dict[str, Any], field: str, description: str) -> None:
    """The error names the field, in a batch with the position of the request."""
    with pytest.raises(InvalidArgument) as caught:
        lists.recommend_request(request(**fields))
    assert (caught.value.field, caught.value.description) == (field, description)
    with pytest.raises(InvalidArgument) as caught:
        lists.recommend_requests(pb.RecommendBatchRequest(requests=[request(), request(**fields)]))
    assert caught.value.field == f"requests[1].{field}"


def test_a_thousand_excluded_books() -> None:
    """This is the most that may be excluded; the id 0 is no error."""
    assert lists.recommend_request(request(exclude_book_ids=range(1000))).excluded == frozenset(range(1000))


@pytest.mark.parametrize("category", [36, 9999, -1, INT32_MAX])
def test_unknown_categories(category: int) -> None:
    """An unknown number is CategoryNotFound, unless `any_category` is set."""
    with pytest.raises(CategoryNotFound):
        lists.recommend_request(request(category=category))
    with pytest.raises(CategoryNotFound):
        lists.recommend_requests(pb.RecommendBatchRequest(requests=[request(), request(category=category)]))
    assert lists.recommend_request(request(category=category, any_category=True)).topic is None


@pytest.mark.parametrize("category", Category)
def test_known_categories(category: Category) -> None:
    """Each number of the contract is that category."""
    assert lists.recommend_request(request(category=category)).topic is category


@pytest.mark.parametrize("fields", [{}, {"category": 9999}, {"any_category": True}])
def test_a_subject_comes_before_the_categories(fields: dict[str, Any]) -> None:
    """Beside a subject, a category, even an unknown one, and `any_category` are ignored."""
    longest = "x" * 10_000
    assert lists.recommend_request(request(subject=longest, **fields)).topic == longest


@pytest.mark.parametrize("count", [0, 21])
def test_too_few_or_many_lists(count: int) -> None:
    """A batch has at least one request and at most twenty."""
    with pytest.raises(InvalidArgument) as caught:
        lists.recommend_requests(pb.RecommendBatchRequest(requests=[request()] * count))
    assert (caught.value.field, caught.value.description) == ("requests", "must be 1 to 20")


@pytest.mark.parametrize("count", [1, 20])
def test_the_fewest_and_the_most_lists(count: int) -> None:
    """Each request of a batch is translated, in order."""
    asked = lists.recommend_requests(
        pb.RecommendBatchRequest(requests=[request(user_id=number) for number in range(count)])
    )
    assert [request.reader_id for request in asked] == list(range(count))


@pytest.mark.parametrize("selection", Selection)
def test_known_selections(selection: Selection) -> None:
    """Each number of the contract is that selection."""
    assert lists.recommend_request(request(selection=selection)).selection is selection


def test_every_field_of_a_request_for_similar_books() -> None:
    """Every field is translated; only the book is required."""
    message = pb.SimilarBooksRequest(book_id=7, user_id=5, max_results=3, exclude_book_ids=[8, 0])
    assert lists.similar_request(message) == SimilarBooksRequest(
        book_id=7, reader_id=5, limit=3, excluded=frozenset({8, 0})
    )
    assert lists.similar_request(pb.SimilarBooksRequest(book_id=INT32_MAX)) == SimilarBooksRequest(
        book_id=INT32_MAX, reader_id=0, limit=10
    )
    assert lists.similar_request(pb.SimilarBooksRequest(book_id=1, max_results=101)).limit == 100


@pytest.mark.parametrize(
    ("fields", "field", "description"),
    [
        ({"book_id": 0}, "book_id", "must be positive"),
        ({"book_id": -1}, "book_id", "must be positive"),
        ({"user_id": -1}, "user_id", "must not be negative"),
        ({"max_results": -1}, "max_results", "must not be negative"),
        ({"exclude_book_ids": [-1]}, "exclude_book_ids", "must not be negative"),
        ({"exclude_book_ids": range(1001)}, "exclude_book_ids", "must not be more than 1,000"),
    ],
)
def test_malformed_requests_for_similar_books(fields: dict[str, Any], field: str, description: str) -> None:
    """The field is named."""
    with pytest.raises(InvalidArgument) as caught:
        lists.similar_request(pb.SimilarBooksRequest(**({"book_id": 1} | fields)))
    assert (caught.value.field, caught.value.description) == (field, description)


def list_of(*books: Book) -> RecommendationList:
    recommendations = tuple(Recommendation(book, 0.5, Reason(ReasonKind.POPULAR, books)) for book in books)
    return RecommendationList(recommendations=recommendations, recommendation_id="list", model_version="m1")


def test_a_changed_book_is_serialized_again() -> None:
    """The cache has only the latest version of a book."""
    messages = lists.ListMessages()
    for title in ("Dune", "Dune Messiah", "Dune"):
        book = Book(id=1, title=title)
        (recommendation,) = messages.response(list_of(book)).recommendations
        assert (recommendation.title, recommendation.reason.books[0].title) == (title, title)
        assert [cached for cached, *_ in messages._cache.values()] == [book]


def test_the_cache_of_books_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit the cache is cleared, and the responses stay the same."""
    monkeypatch.setattr(lists, "MAX_CACHED_BOOKS", 2)
    messages = lists.ListMessages()
    books = [Book(id=id_, title=str(id_)) for id_ in range(5)]
    assert messages.response(list_of(*books)) == lists.ListMessages().response(list_of(*books))
    assert len(messages._cache) <= 2
