"""The gRPC client of Recommendations, the only module that uses its protobuf messages."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from time import monotonic
from typing import TypeVar, cast

import grpc
import structlog
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.errors import RecommenderBroken, RecommenderError, RecommenderRefused, RecommenderUnavailable
from marketplace.domain.interactions import Interaction, Outcome, RecordResult
from marketplace.domain.recommendations import (
    Reason,
    ReasonKind,
    Recommendation,
    RecommendationList,
    RecommendationRequest,
)
from marketplace.domain.subjects import Subject
from marketplace.gateways.breaker import Breaker, BreakerOpen, State
from marketplace.gateways.channel import (
    TRANSIENT,
    Connection,
    ConnectionClosed,
    Credentials,
    Metadata,
    call,
    channel_options,
)
from protobufs import recommendations_pb2 as pb
from protobufs.recommendations_pb2_grpc import RecommendationsStub

log = structlog.get_logger()

SERVICE = "Recommendations"
EVENT_TIMEOUT = 5.0
"""Seconds for calls of the relay, which no reader waits for."""

# Those of them that the request itself may cause.
BROKEN = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS})

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""The contract's limit for a request; Recommendations answers larger ones RESOURCE_EXHAUSTED, as under overload."""

# Only for calls of pages: the relay has retries of its own.
CHANNEL_OPTIONS = channel_options(SERVICE, repeated=("RecommendBatch", "SimilarBooks"))

Response = TypeVar("Response", bound=Message)
_Method = Callable[[RecommendationsStub], Callable[..., Response]]


class GrpcRecommender:
    """Calls Recommendations over a connection that the first call opens; thread-safe."""

    def __init__(
        self,
        target: str,
        *,
        timeout: float,
        breaker: Breaker | None = None,
        credentials: Credentials | None = None,
        token: str = "",
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`target` is what a channel connects to; `timeout` is how many seconds a page waits.

        With `credentials` calls use TLS; `token` is sent with each of them. `clock` returns seconds.
        """
        self._connection = Connection(
            target, CHANNEL_OPTIONS, RecommendationsStub, credentials=credentials, clock=clock
        )
        self._timeout = timeout
        self._authorization: Metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self._breaker = breaker or Breaker(RecommenderUnavailable, on_change=_log_change)

    @property
    def state(self) -> str:
        """The state of the circuit breaker: `closed` (calls are made), `open` (they are not) or `half-open`."""
        return self._breaker.state.value

    def recommend(self, reader_id: int, requests: Sequence[RecommendationRequest]) -> list[RecommendationList]:
        """A list for each request, in one call; no book is in two lists.

        Raises RecommenderUnavailable, at once while the breaker is open, and RecommenderRefused.
        """
        request = pb.RecommendBatchRequest(
            requests=[_recommendation_request(reader_id, request) for request in requests], distinct=True
        )
        response = self._call_guarded(lambda stub: stub.RecommendBatch, request)
        if len(response.responses) != len(requests):
            raise RecommenderRefused(f"got {len(response.responses)} lists instead of {len(requests)}")
        return list(map(_list, response.responses))

    def similar(self, book_id: int, reader_id: int, limit: int) -> RecommendationList:
        """At most `limit` books like this one, for this reader.

        Raises RecommenderUnavailable, at once while the breaker is open, and RecommenderRefused, also for a book
        that Recommendations does not have.
        """
        request = pb.SimilarBooksRequest(book_id=book_id, user_id=reader_id, max_results=limit)
        return _list(self._call_guarded(lambda stub: stub.SimilarBooks, request))

    def record(self, interactions: Sequence[Interaction]) -> list[RecordResult]:
        """Record interactions; one result for each, in the same order.

        Raises RecommenderUnavailable and RecommenderRefused, after which any of them may have been recorded.
        """
        request = pb.RecordInteractionsRequest(interactions=map(_interaction, interactions))
        response = self._call(lambda stub: stub.RecordInteractions, request, EVENT_TIMEOUT)
        return _results(response.results, len(interactions))

    def upsert(self, books: Sequence[Book]) -> list[RecordResult]:
        """Add or replace books; one result for each, in the same order. Idempotent.

        Raises RecommenderUnavailable and RecommenderRefused.
        """
        request = pb.UpsertBooksRequest(books=map(_book, books))
        response = self._call(lambda stub: stub.UpsertBooks, request, EVENT_TIMEOUT)
        return _results(response.results, len(books))

    def remove(self, book_ids: Sequence[int]) -> None:
        """Remove books from the catalogue if they are in it. Idempotent.

        Raises RecommenderUnavailable and RecommenderRefused.
        """
        self._call(lambda stub: stub.RemoveBooks, pb.RemoveBooksRequest(book_ids=book_ids), EVENT_TIMEOUT)

    def merge(self, from_reader: int, into_reader: int) -> None:
        """Merge one reader's history into another's. Idempotent.

        Raises RecommenderUnavailable and RecommenderRefused.
        """
        request = pb.MergeReadersRequest(from_user_id=from_reader, into_user_id=into_reader)
        self._call(lambda stub: stub.MergeReaders, request, EVENT_TIMEOUT)

    def forget(self, reader_id: int) -> None:
        """Delete a reader's history. Idempotent.

        Raises RecommenderUnavailable and RecommenderRefused.
        """
        self._call(lambda stub: stub.ForgetReader, pb.ForgetReaderRequest(user_id=reader_id), EVENT_TIMEOUT)

    def close(self) -> None:
        """Close the connection; later calls raise RecommenderUnavailable."""
        self._connection.close()

    def _call_guarded(self, method: _Method[Response], request: Message) -> Response:
        try:
            with self._breaker.call():
                return self._call(method, request, self._timeout)
        except BreakerOpen:
            raise RecommenderUnavailable("not called: the circuit breaker is open") from None

    def _call(self, method: _Method[Response], request: Message, timeout: float) -> Response:
        if request.ByteSize() > MAX_MESSAGE_BYTES:
            raise RecommenderRefused(f"larger than {MAX_MESSAGE_BYTES:,} bytes")
        try:
            with self._connection.stub() as stub:
                return call(method(stub), request, timeout=timeout, metadata=self._authorization)
        except ConnectionClosed:
            raise RecommenderUnavailable("closed") from None
        except grpc.RpcError as error:
            raise _domain_error(cast("grpc.Call", error)) from error


def _domain_error(call: grpc.Call) -> RecommenderError:
    code = call.code()
    text = f"{code.name}: {call.details()}"
    if code not in TRANSIENT:
        return RecommenderRefused(text)
    error = RecommenderBroken(text) if code in BROKEN else RecommenderUnavailable(text)
    error.code = code.name
    return error


def _log_change(old: State, new: State) -> None:
    # Only the start and the end of an outage, not the probes in between.
    if (old, new) == (State.CLOSED, State.OPEN):
        log.warning("recommendations_breaker_opened")
    elif new is State.CLOSED:
        log.warning("recommendations_breaker_closed")


def _recommendation_request(reader_id: int, request: RecommendationRequest) -> pb.RecommendationRequest:
    topic = request.topic
    return pb.RecommendationRequest(
        user_id=reader_id,
        category=cast("pb.BookCategory.ValueType", int(topic) if isinstance(topic, Category) else 0),
        # Also for a subject: a server that does not know the field recommends from all books.
        any_category=not isinstance(topic, Category),
        subject=topic.label if isinstance(topic, Subject) else "",
        max_results=request.limit,
        selection=cast("pb.Selection.ValueType", int(request.selection)),
    )


def _list(response: pb.RecommendationResponse | pb.SimilarBooksResponse) -> RecommendationList:
    recommendations = tuple(Recommendation(book.id, _reason(book.reason)) for book in response.recommendations)
    return RecommendationList(recommendations, response.recommendation_id)


_REASONS: Mapping[int, ReasonKind] = {kind.value: kind for kind in ReasonKind}


def _reason(reason: pb.Reason) -> Reason | None:
    kind = _REASONS.get(reason.kind)
    return None if kind is None else Reason(kind, tuple((book.id, book.title) for book in reason.books))


def _interaction(interaction: Interaction) -> pb.Interaction:
    occurred_at = Timestamp()
    occurred_at.FromDatetime(interaction.occurred_at.astimezone(UTC).replace(tzinfo=None))
    return pb.Interaction(
        id=interaction.id,
        user_id=interaction.reader_id,
        book_id=interaction.book_id,
        kind=cast("pb.Interaction.Kind.ValueType", int(interaction.kind)),
        occurred_at=occurred_at,
        recommendation_id=interaction.recommendation_id,
        value=(interaction.half_stars or 0) / 2,
        undoes=interaction.undoes,
    )


def _book(book: Book) -> pb.Book:
    try:
        return pb.Book(
            id=book.id,
            title=book.title,
            authors=book.authors,
            categories=[cast("pb.BookCategory.ValueType", int(category)) for category in book.categories],
            subjects=book.subjects,
            year=book.year or 0,
            published_on=book.published_on.isoformat() if book.published_on else "",
            isbn=book.isbn,
            work=book.work,
            ratings_count=book.ratings_count,
            average_rating=book.average_rating,
        )
    except ValueError as error:  # a year beyond 32 bits, or a lone surrogate
        raise RecommenderRefused(f"the contract cannot represent this book: {error}") from None


# Outcomes of interactions and books have the same numbers; for a book, UNCHANGED has the number of REPEATED.
_OUTCOMES: Mapping[int, Outcome] = {outcome.value: outcome for outcome in Outcome}


def _results(results: Sequence[pb.InteractionResult] | Sequence[pb.UpsertResult], sent: int) -> list[RecordResult]:
    if len(results) != sent:
        raise RecommenderBroken(f"got {len(results)} results instead of {sent}")
    if unknown := {result.outcome for result in results} - set(_OUTCOMES):
        raise RecommenderBroken(f"unknown outcomes {sorted(unknown)}")
    return [RecordResult(_OUTCOMES[result.outcome], result.reason) for result in results]
