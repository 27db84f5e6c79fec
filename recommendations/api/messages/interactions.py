"""Requests to record and list interactions, and their results."""

import base64
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from protobufs import recommendations_pb2 as pb
from recommendations.api.messages import fields
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
from servicekit.errors import InvalidArgument

MAX_INTERACTIONS = 1_000
DEFAULT_PAGE = 50
MAX_PAGE = 1_000
CLOCK_SKEW = timedelta(days=1)


def interactions(message: pb.RecordInteractionsRequest, now: datetime) -> list[Interaction | Result]:
    """Each interaction, or the reason why it is refused. Raises InvalidArgument if there are too many."""
    fields.at_most(MAX_INTERACTIONS, len(message.interactions), "interactions")
    checked: list[Interaction | Result] = []
    for interaction in message.interactions:
        reason = next(_faults(interaction, now), None)
        checked.append(_interaction(interaction, now) if reason is None else Result(Outcome.REFUSED, reason))
    return checked


def results_response(results: Sequence[Result]) -> pb.RecordInteractionsResponse:
    return pb.RecordInteractionsResponse(
        results=[
            pb.InteractionResult(outcome=_OUTCOME(result.outcome.value), reason=result.reason) for result in results
        ]
    )


def history_request(message: pb.ListInteractionsRequest) -> HistoryRequest:
    """A request for a page of a reader's interactions. Raises InvalidArgument."""
    return HistoryRequest(
        reader_id=fields.positive(message.user_id, "user_id"),
        limit=fields.size(message.page_size, "page_size", default=DEFAULT_PAGE, most=MAX_PAGE),
        before=_sequence(message.page_token) if message.page_token else None,
    )


def history_response(page: HistoryPage) -> pb.ListInteractionsResponse:
    return pb.ListInteractionsResponse(
        interactions=list(map(_message, page.interactions)),
        next_page_token="" if page.older is None else _token(page.older),
    )


def _faults(message: pb.Interaction, now: datetime) -> Iterator[str]:
    """What is wrong with an interaction, in sentences that each name a field."""
    if not fields.is_interaction_id(message.id):
        yield f"id must be 1 to {LONGEST_ID} printable characters"
    if message.user_id <= 0:
        yield "user_id must be positive: reader 0 is nobody and is never recorded"
    if len(message.recommendation_id) > LONGEST_ID or not message.recommendation_id.isprintable():
        yield f"recommendation_id must be at most {LONGEST_ID} printable characters"
    yield from _faults_of_kind(message)
    if message.HasField("occurred_at"):
        occurred_at = _moment(message)
        if occurred_at is None:
            yield "occurred_at is not a time"
        elif occurred_at > now + CLOCK_SKEW:
            yield "occurred_at must not be more than a day in the future"


def _faults_of_kind(message: pb.Interaction) -> Iterator[str]:
    if message.kind not in _KINDS:
        yield "kind must be one of the known kinds"
    if message.kind == pb.Interaction.KIND_UNDO:
        yield from _faults_of_undo(message)
    else:
        if message.book_id <= 0:
            yield "book_id must be positive"
        if message.undoes:
            yield "undoes must be empty unless kind is KIND_UNDO"
    if message.kind == pb.Interaction.KIND_RATING:
        if not LOWEST_RATING <= message.value <= HIGHEST_RATING:
            yield f"value of a rating must be {LOWEST_RATING:g} to {HIGHEST_RATING:g}"
    elif message.value != 0:
        yield "value must be 0 unless kind is KIND_RATING"


def _faults_of_undo(message: pb.Interaction) -> Iterator[str]:
    if message.book_id < 0:
        yield "book_id must not be negative"
    if not fields.is_interaction_id(message.undoes):
        yield f"undoes must be 1 to {LONGEST_ID} printable characters"
    elif message.undoes == message.id:
        yield "undoes must be the id of another interaction"


_OUTCOME = pb.InteractionResult.Outcome.ValueType
_KINDS = frozenset(int(kind) for kind in InteractionKind)


def _moment(message: pb.Interaction) -> datetime | None:
    try:
        return message.occurred_at.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _interaction(message: pb.Interaction, now: datetime) -> Interaction:
    return Interaction(
        id=message.id,
        reader_id=message.user_id,
        book_id=message.book_id,
        kind=InteractionKind(message.kind),
        value=message.value,
        occurred_at=_moment(message) if message.HasField("occurred_at") else now,
        recommendation_id=message.recommendation_id,
        undoes=message.undoes,
    )


def _message(interaction: Interaction) -> pb.Interaction:
    message = pb.Interaction(
        id=interaction.id,
        user_id=interaction.reader_id,
        book_id=interaction.book_id,
        kind=pb.Interaction.Kind.ValueType(interaction.kind),
        value=interaction.value,
        recommendation_id=interaction.recommendation_id,
        undoes=interaction.undoes,
    )
    if interaction.occurred_at is not None:
        message.occurred_at.FromDatetime(interaction.occurred_at.astimezone(UTC).replace(tzinfo=None))
    return message


def _token(sequence: int) -> str:
    """An opaque token, safe in URLs, so that clients do not calculate with sequence numbers."""
    return base64.urlsafe_b64encode(sequence.to_bytes(8, "big")).decode().rstrip("=")


def _sequence(token: str) -> int:
    try:
        number = int.from_bytes(base64.b64decode(token + "=", altchars=b"-_", validate=True), "big")
        valid = token == _token(number) and 0 < number < 2**63
    except (ValueError, OverflowError):
        valid = False
    if not valid:
        raise InvalidArgument("page_token", "is not a next_page_token")
    return number
