"""Protobuf messages to the domain and back; what is malformed is refused here, under the message's field names."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from protobufs import recommendations_pb2 as pb
from recommendations.domain import (
    HIGHEST_RATING,
    LONGEST_ID,
    LOWEST_RATING,
    Category,
    CategoryNotFound,
    Interaction,
    InteractionKind,
    InvalidArgument,
    Outcome,
    Recommendation,
    Result,
    Shelf,
    ShelfRequest,
)

DEFAULT_RESULTS = 10
MAX_RESULTS = 100
MAX_EXCLUDED = 1_000
MAX_SHELVES = 20
MAX_INTERACTIONS = 1_000
CLOCK_SKEW = timedelta(days=1)


def shelf_request(message: pb.RecommendationRequest, field: str = "") -> ShelfRequest:
    """One request; `field` is the path of the message, for errors. Raises InvalidArgument, CategoryNotFound."""
    if message.user_id < 0:
        raise InvalidArgument(f"{field}user_id", "must not be negative")
    if message.max_results < 0:
        raise InvalidArgument(f"{field}max_results", "must not be negative")
    if len(message.exclude_book_ids) > MAX_EXCLUDED:
        raise InvalidArgument(f"{field}exclude_book_ids", f"must not be more than {MAX_EXCLUDED:,}")
    if any(book_id < 0 for book_id in message.exclude_book_ids):
        raise InvalidArgument(f"{field}exclude_book_ids", "must not be negative")
    return ShelfRequest(
        reader_id=message.user_id,
        category=None if message.any_category else _category(message.category),
        limit=min(message.max_results or DEFAULT_RESULTS, MAX_RESULTS),
        excluded=frozenset(message.exclude_book_ids),
    )


def shelf_requests(message: pb.RecommendBatchRequest) -> list[ShelfRequest]:
    """The requests of a batch. Raises InvalidArgument, CategoryNotFound."""
    if not 0 < len(message.requests) <= MAX_SHELVES:
        raise InvalidArgument("requests", f"must be 1 to {MAX_SHELVES}")
    return [shelf_request(request, f"requests[{place}].") for place, request in enumerate(message.requests)]


def shelf_response(shelf: Shelf) -> pb.RecommendationResponse:
    """A shelf as a message."""
    return pb.RecommendationResponse(
        recommendations=[_book_recommendation(one) for one in shelf.recommendations],
        recommendation_id=shelf.recommendation_id,
        model_version=shelf.model_version,
    )


def shelves_response(shelves: Sequence[Shelf]) -> pb.RecommendBatchResponse:
    """Shelves as a message."""
    return pb.RecommendBatchResponse(responses=[shelf_response(shelf) for shelf in shelves])


def interactions(message: pb.RecordInteractionsRequest, now: datetime) -> list[Interaction | Result]:
    """Each interaction, or why it is refused. Raises InvalidArgument where there are too many."""
    if len(message.interactions) > MAX_INTERACTIONS:
        raise InvalidArgument("interactions", f"must not be more than {MAX_INTERACTIONS:,}")
    checked: list[Interaction | Result] = []
    for one in message.interactions:
        reason = next(_faults(one, now), None)
        checked.append(_interaction(one, now) if reason is None else Result(Outcome.REFUSED, reason))
    return checked


def results_response(results: Sequence[Result]) -> pb.RecordInteractionsResponse:
    """The results as a message."""
    return pb.RecordInteractionsResponse(
        results=[pb.InteractionResult(outcome=_OUTCOMES[one.outcome], reason=one.reason) for one in results]
    )


_OUTCOMES = {
    Outcome.STORED: pb.InteractionResult.OUTCOME_STORED,
    Outcome.REPEATED: pb.InteractionResult.OUTCOME_REPEATED,
    Outcome.REFUSED: pb.InteractionResult.OUTCOME_REFUSED,
}


def _category(number: int) -> Category:
    try:
        return Category(number)
    except ValueError:
        raise CategoryNotFound from None


def _book_recommendation(one: Recommendation) -> pb.BookRecommendation:
    return pb.BookRecommendation(
        id=one.book.id,
        title=one.book.title,
        authors=one.book.authors,
        categories=[pb.BookCategory.ValueType(category) for category in one.book.categories],
        score=one.score,
        reason=pb.Reason(
            kind=pb.Reason.Kind.ValueType(one.reason.kind.value),
            books=[pb.BookReference(id=book.id, title=book.title) for book in one.reason.books],
        ),
    )


def _faults(one: pb.Interaction, now: datetime) -> Iterator[str]:
    """What is wrong with an interaction, each fault a sentence that names its field."""
    if not (0 < len(one.id) <= LONGEST_ID and one.id.isprintable()):
        yield f"id must be 1 to {LONGEST_ID} printable characters"
    if one.user_id <= 0:
        yield "user_id must be positive: reader 0 is nobody and is never recorded"
    if one.book_id <= 0:
        yield "book_id must be positive"
    if len(one.recommendation_id) > LONGEST_ID or not one.recommendation_id.isprintable():
        yield f"recommendation_id must be at most {LONGEST_ID} printable characters"
    yield from _faults_of_kind(one)
    if one.HasField("occurred_at"):
        occurred_at = _moment(one)
        if occurred_at is None:
            yield "occurred_at is not a time"
        elif occurred_at > now + CLOCK_SKEW:
            yield "occurred_at must not be more than a day in the future"


def _faults_of_kind(one: pb.Interaction) -> Iterator[str]:
    if one.kind not in _KINDS:
        yield "kind must be one of the known kinds"
    elif one.kind == pb.Interaction.KIND_RATING:
        if not LOWEST_RATING <= one.value <= HIGHEST_RATING:
            yield f"value of a rating must be {LOWEST_RATING:g} to {HIGHEST_RATING:g}"
    elif one.value != 0:
        yield "value must be 0 unless kind is KIND_RATING"


_KINDS = frozenset(int(kind) for kind in InteractionKind)


def _moment(one: pb.Interaction) -> datetime | None:
    try:
        return one.occurred_at.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _interaction(one: pb.Interaction, now: datetime) -> Interaction:
    return Interaction(
        id=one.id,
        reader_id=one.user_id,
        book_id=one.book_id,
        kind=InteractionKind(one.kind),
        value=one.value,
        occurred_at=_moment(one) if one.HasField("occurred_at") else now,
        recommendation_id=one.recommendation_id,
    )
