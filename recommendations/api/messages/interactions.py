"""Requests to record and list interactions, and their results."""

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from protobufs import recommendations_pb2 as pb
from recommendations.api.messages import fields
from recommendations.domain.errors import InvalidArgument
from recommendations.domain.interactions import (
    HIGHEST_RATING,
    LONGEST_ID,
    LOWEST_RATING,
    HistoryPage,
    HistoryRequest,
    Interaction,
    InteractionKind,
    Outcome,
    Result,
)

MAX_INTERACTIONS = 1_000
DEFAULT_PAGE = 50
MAX_PAGE = 1_000
CLOCK_SKEW = timedelta(days=1)


def interactions(message: pb.RecordInteractionsRequest, now: datetime) -> list[Interaction | Result]:
    """Each interaction, or why it is refused. Raises InvalidArgument where there are too many."""
    fields.at_most(MAX_INTERACTIONS, len(message.interactions), "interactions")
    checked: list[Interaction | Result] = []
    for one in message.interactions:
        reason = next(_faults(one, now), None)
        checked.append(_interaction(one, now) if reason is None else Result(Outcome.REFUSED, reason))
    return checked


def results_response(results: Sequence[Result]) -> pb.RecordInteractionsResponse:
    """The results as a message."""
    return pb.RecordInteractionsResponse(
        results=[
            pb.InteractionResult(outcome=pb.InteractionResult.Outcome.ValueType(one.outcome.value), reason=one.reason)
            for one in results
        ]
    )


def history_request(message: pb.ListInteractionsRequest) -> HistoryRequest:
    """A request for a page of what a reader did. Raises InvalidArgument."""
    return HistoryRequest(
        reader_id=fields.positive(message.user_id, "user_id"),
        limit=fields.size(message.page_size, "page_size", default=DEFAULT_PAGE, most=MAX_PAGE),
        before=_sequence(message.page_token) if message.page_token else None,
    )


def history_response(page: HistoryPage) -> pb.ListInteractionsResponse:
    """A page of what a reader did as a message."""
    return pb.ListInteractionsResponse(
        interactions=[_message(one) for one in page.interactions],
        next_page_token="" if page.older is None else _token(page.older),
    )


def _faults(one: pb.Interaction, now: datetime) -> Iterator[str]:
    """What is wrong with an interaction, each fault a sentence that names its field."""
    if not fields.is_name(one.id):
        yield f"id must be 1 to {LONGEST_ID} printable characters"
    if one.user_id <= 0:
        yield "user_id must be positive: reader 0 is nobody and is never recorded"
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
    if one.kind == pb.Interaction.KIND_UNDO:
        yield from _faults_of_undo(one)
    else:
        if one.book_id <= 0:
            yield "book_id must be positive"
        if one.undoes:
            yield "undoes must be empty unless kind is KIND_UNDO"
    if one.kind == pb.Interaction.KIND_RATING:
        if not LOWEST_RATING <= one.value <= HIGHEST_RATING:
            yield f"value of a rating must be {LOWEST_RATING:g} to {HIGHEST_RATING:g}"
    elif one.value != 0:
        yield "value must be 0 unless kind is KIND_RATING"


def _faults_of_undo(one: pb.Interaction) -> Iterator[str]:
    if one.book_id < 0:
        yield "book_id must not be negative"
    if not fields.is_name(one.undoes):
        yield f"undoes must be 1 to {LONGEST_ID} printable characters"
    elif one.undoes == one.id:
        yield "undoes must be the id of another interaction"


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
        undoes=one.undoes,
    )


def _message(one: Interaction) -> pb.Interaction:
    message = pb.Interaction(
        id=one.id,
        user_id=one.reader_id,
        book_id=one.book_id,
        kind=pb.Interaction.Kind.ValueType(one.kind),
        value=one.value,
        recommendation_id=one.recommendation_id,
        undoes=one.undoes,
    )
    if one.occurred_at is not None:
        message.occurred_at.FromDatetime(one.occurred_at.astimezone(UTC).replace(tzinfo=None))
    return message


def _token(sequence: int) -> str:
    """A page's name: eight bytes in the alphabet of addresses, so that nobody is tempted to count with it."""
    return base64.urlsafe_b64encode(sequence.to_bytes(8, "big")).decode().rstrip("=")


def _sequence(token: str) -> int:
    try:
        number = int.from_bytes(base64.b64decode(token + "=", altchars=b"-_", validate=True), "big")
        given = token == _token(number) and 0 < number < 2**63
    except (ValueError, OverflowError):
        given = False
    if not given:
        raise InvalidArgument("page_token", "is not a next_page_token")
    return number
