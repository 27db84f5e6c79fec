"""Requests for lists of books, and the lists."""

from collections.abc import Iterable, Sequence

from protobufs import recommendations_pb2 as pb
from recommendations.api.messages import fields
from recommendations.domain.books import Book, Category
from recommendations.domain.errors import CategoryNotFound, InvalidArgument
from recommendations.domain.recommending import (
    ReasonKind,
    Recommendation,
    RecommendationList,
    RecommendRequest,
    Selection,
    SimilarBooksRequest,
)

DEFAULT_RESULTS = 10
MAX_RESULTS = 100
MAX_EXCLUDED = 1_000
MAX_LISTS = 20
MOST_PREPARED = 100_000
"""Books that are kept prepared, of about 250 bytes each."""


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


class ListMessages:
    """Translates lists to messages. Any thread may use it.

    What is the same in every answer, a book as it is recommended and as a reason names it, is serialized once and
    merged into the answers: in a sixth of the time that setting the fields takes.
    """

    def __init__(self) -> None:
        self._prepared: dict[int, tuple[Book, bytes, bytes]] = {}

    def response(self, answer: RecommendationList) -> pb.RecommendationResponse:
        """The answer to Recommend."""
        message = pb.RecommendationResponse(
            recommendation_id=answer.recommendation_id, model_version=answer.model_version
        )
        self._add(answer.recommendations, message)
        return message

    def batch_response(self, answers: Iterable[RecommendationList]) -> pb.RecommendBatchResponse:
        """The answer to RecommendBatch."""
        return pb.RecommendBatchResponse(responses=map(self.response, answers))

    def similar_response(self, answer: RecommendationList) -> pb.SimilarBooksResponse:
        """The answer to SimilarBooks."""
        message = pb.SimilarBooksResponse(
            recommendation_id=answer.recommendation_id, model_version=answer.model_version
        )
        self._add(answer.recommendations, message)
        return message

    def _add(
        self, recommendations: Iterable[Recommendation], message: pb.RecommendationResponse | pb.SimilarBooksResponse
    ) -> None:
        add, prepared = message.recommendations.add, self._parts
        for book, score, (kind, because) in recommendations:
            recommendation = add()
            # Messages merge where their bytes are joined (https://protobuf.dev/programming-guides/encoding/#last-one-wins).
            recommendation.MergeFromString(
                b"".join([prepared(book)[1], _KINDS[kind], *[prepared(other)[2] for other in because]])
            )
            recommendation.score = score

    def _parts(self, book: Book) -> tuple[Book, bytes, bytes]:
        """A book, and what of a BookRecommendation recommends it and names it as a reason, both serialized."""
        parts = self._prepared.get(book.id)
        # A changed book is another object, and takes the place of the old one.
        if parts is None or parts[0] is not book:
            if len(self._prepared) >= MOST_PREPARED:
                self._prepared.clear()
            parts = self._prepared[book.id] = book, _recommendation(book), _reason(book)
        return parts


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


_KINDS = {
    kind: pb.BookRecommendation(reason=pb.Reason(kind=pb.Reason.Kind.ValueType(kind))).SerializeToString()
    for kind in ReasonKind
}
"""What of a BookRecommendation has the kind of its reason, serialized."""
