"""Requests for recommendations."""

from collections.abc import Sequence

from protobufs import recommendations_pb2 as pb
from recommendations.api.messages import fields
from recommendations.domain.books import Category
from recommendations.domain.errors import CategoryNotFound, InvalidArgument
from recommendations.domain.recommending import RecommendRequest, Selection, SimilarBooksRequest

DEFAULT_RESULTS = 10
MAX_RESULTS = 100
MAX_EXCLUDED = 1_000
MAX_LISTS = 20


def recommend_request(message: pb.RecommendationRequest, field: str = "") -> RecommendRequest:
    """One request; `field` is the path of the message, for errors. Raises InvalidArgument and CategoryNotFound."""
    return RecommendRequest(
        reader_id=fields.not_negative(message.user_id, f"{field}user_id"),
        category=None if message.any_category else _category(message.category),
        limit=_limit(message.max_results, field),
        excluded=_excluded(message.exclude_book_ids, field),
        selection=_selection(message.selection, field),
    )


def recommend_requests(message: pb.RecommendBatchRequest) -> list[RecommendRequest]:
    """The requests of a batch. Raises InvalidArgument and CategoryNotFound."""
    if not 0 < len(message.requests) <= MAX_LISTS:
        raise InvalidArgument("requests", f"must be 1 to {MAX_LISTS}")
    return [recommend_request(request, f"requests[{index}].") for index, request in enumerate(message.requests)]


def similar_request(message: pb.SimilarBooksRequest) -> SimilarBooksRequest:
    """A request for books like another one. Raises InvalidArgument."""
    return SimilarBooksRequest(
        book_id=fields.positive(message.book_id, "book_id"),
        reader_id=fields.not_negative(message.user_id, "user_id"),
        limit=_limit(message.max_results),
        excluded=_excluded(message.exclude_book_ids),
    )


def _category(number: int) -> Category:
    try:
        return Category(number)
    except ValueError:
        raise CategoryNotFound from None


def _selection(number: int, field: str) -> Selection:
    try:
        return Selection(number)
    except ValueError:
        raise InvalidArgument(f"{field}selection", "must be one of the known selections") from None


def _limit(number: int, field: str = "") -> int:
    return fields.size(number, f"{field}max_results", default=DEFAULT_RESULTS, most=MAX_RESULTS)


def _excluded(numbers: Sequence[int], field: str = "") -> frozenset[int]:
    name = f"{field}exclude_book_ids"
    if not numbers:
        return frozenset()
    fields.at_most(MAX_EXCLUDED, len(numbers), name)
    return frozenset(fields.not_negative(number, name) for number in numbers)
