"""Requests for lists of books, and the lists."""

from collections.abc import Iterable, Sequence

from protobufs import recommendations_pb2 as pb
from recommendations.api.messages import fields
from recommendations.domain.books import Book, Category
from recommendations.domain.errors import CategoryNotFound
from recommendations.domain.recommending import (
    ReasonKind,
    Recommendation,
    RecommendationList,
    RecommendRequest,
    Selection,
    SimilarBooksRequest,
    Topic,
)
from servicekit.errors import InvalidArgument

DEFAULT_RESULTS = 10
MAX_RESULTS = 100
MAX_EXCLUDED = 1_000
MAX_LISTS = 20
MAX_CACHED_BOOKS = 100_000
"""How many books are kept serialized, about 250 bytes each."""


def recommend_request(message: pb.RecommendationRequest, field: str = "") -> RecommendRequest:
    """One request; `field` is its path, for error messages. Raises InvalidArgument and CategoryNotFound."""
    return RecommendRequest(
        reader_id=fields.not_negative(message.user_id, f"{field}user_id"),
        topic=_topic(message, field),
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


class ListMessages:
    """Translates lists to messages. Any thread may use it.

    A recommended book, and a book named as a reason, are the same in every list: each is serialized once and merged
    into the messages, in a sixth of the time that setting the fields takes.
    """

    def __init__(self) -> None:
        self._cache: dict[int, tuple[Book, bytes, bytes]] = {}

    def response(self, answer: RecommendationList) -> pb.RecommendationResponse:
        message = pb.RecommendationResponse(
            recommendation_id=answer.recommendation_id, model_version=answer.model_version
        )
        self._add(answer.recommendations, message)
        return message

    def similar_response(self, answer: RecommendationList) -> pb.SimilarBooksResponse:
        message = pb.SimilarBooksResponse(
            recommendation_id=answer.recommendation_id, model_version=answer.model_version
        )
        self._add(answer.recommendations, message)
        return message

    def _add(
        self, recommendations: Iterable[Recommendation], message: pb.RecommendationResponse | pb.SimilarBooksResponse
    ) -> None:
        parts = self._serialized
        for book, score, (kind, because) in recommendations:
            recommendation = message.recommendations.add()
            # Messages merge where their bytes are joined (https://protobuf.dev/programming-guides/encoding/#last-one-wins).
            recommendation.MergeFromString(
                b"".join([parts(book)[1], _REASON_KINDS[kind], *[parts(other)[2] for other in because]])
            )
            recommendation.score = score

    def _serialized(self, book: Book) -> tuple[Book, bytes, bytes]:
        """A book, and two parts of a BookRecommendation: for the book as recommended, and as a reason."""
        parts = self._cache.get(book.id)
        # A changed book is another object, and replaces the old one.
        if parts is None or parts[0] is not book:
            if len(self._cache) >= MAX_CACHED_BOOKS:
                self._cache.clear()
            parts = self._cache[book.id] = book, _recommendation(book), _reason(book)
        return parts


def _topic(message: pb.RecommendationRequest, field: str) -> Topic | None:
    if message.subject:
        return fields.text(message.subject, f"{field}subject")
    return None if message.any_category else _category(message.category)


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


def _recommendation(book: Book) -> bytes:
    return pb.BookRecommendation(
        id=book.id,
        title=book.title,
        authors=book.authors,
        categories=[pb.BookCategory.ValueType(category) for category in book.categories],
    ).SerializeToString()


def _reason(book: Book) -> bytes:
    named = pb.BookReference(id=book.id, title=book.title)
    return pb.BookRecommendation(reason=pb.Reason(books=[named])).SerializeToString()


_REASON_KINDS = {
    kind: pb.BookRecommendation(reason=pb.Reason(kind=pb.Reason.Kind.ValueType(kind))).SerializeToString()
    for kind in ReasonKind
}
"""For each kind of reason, a serialized BookRecommendation with only that kind."""
