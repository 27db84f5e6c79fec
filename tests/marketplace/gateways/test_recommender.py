"""Tests of marketplace.recommender, against a gRPC server on a free port."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from threading import Barrier, Event, Thread
from typing import Any, cast

import grpc
import pytest
import structlog

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.errors import Broken, RecommenderBroken, RecommenderRefused, RecommenderUnavailable
from marketplace.domain.interactions import Interaction, InteractionKind, Outcome, RecordResult
from marketplace.domain.money import Money
from marketplace.domain.recommending import (
    Reason,
    ReasonKind,
    Recommendation,
    RecommendationList,
    RecommendationRequest,
    Selection,
)
from marketplace.gateways.breaker import Breaker, State
from marketplace.gateways.recommender import TRANSIENT, GrpcRecommender
from protobufs import recommendations_pb2 as pb
from protobufs.recommendations_pb2_grpc import RecommendationsServicer, add_RecommendationsServicer_to_server
from servicekit.tracing import trace_id_of
from tests.marketplace.fakes import NOON, Clock

MYSTERY = RecommendationRequest(Category.MYSTERY, 10)
CLICK = Interaction(
    id="click-1",
    reader_id=1_000_000_000,
    book_id=7,
    kind=InteractionKind.CLICK,
    occurred_at=NOON,
    recommendation_id="list-1",
)


class Servicer(RecommendationsServicer):
    """Answers with `answer`, or fails with `status`; notes what came."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.metadata: list[dict[str, Any]] = []
        self.peers: list[str] = []
        self.status: grpc.StatusCode | None = None
        self.answer: Any = pb.RecommendBatchResponse(responses=[pb.RecommendationResponse()])
        self.wait: Callable[[], object] = lambda: None

    def RecommendBatch(self, request: Any, context: Any) -> Any:  # noqa: N802  (gRPC's name)
        """As the test says."""
        return self._serve(request, context)

    def RecordInteractions(self, request: Any, context: Any) -> Any:  # noqa: N802
        """As the test says."""
        return self._serve(request, context)

    def UpsertBooks(self, request: Any, context: Any) -> Any:  # noqa: N802
        """As the test says."""
        return self._serve(request, context)

    def RemoveBooks(self, request: Any, context: Any) -> Any:  # noqa: N802
        """As the test says."""
        return self._serve(request, context)

    def SimilarBooks(self, request: Any, context: Any) -> Any:  # noqa: N802
        """As the test says."""
        return self._serve(request, context)

    def MergeReaders(self, request: Any, context: Any) -> Any:  # noqa: N802
        """As the test says."""
        return self._serve(request, context)

    def ForgetReader(self, request: Any, context: Any) -> Any:  # noqa: N802
        """As the test says."""
        return self._serve(request, context)

    def _serve(self, request: Any, context: Any) -> Any:
        self.requests.append(request)
        self.metadata.append(dict(context.invocation_metadata()))
        self.peers.append(context.peer())
        self.wait()
        if self.status is not None:
            context.abort(self.status, "as told")
        return self.answer


@pytest.fixture
def servicer() -> Servicer:
    """What the server answers."""
    # The shop calls no other method; the generated code answers those with UNIMPLEMENTED.
    return Servicer()  # type: ignore[abstract]


@pytest.fixture
def port(servicer: Servicer) -> Iterator[int]:
    """The port of a server."""
    with ThreadPoolExecutor(8) as pool:
        server = grpc.server(pool)
        add_RecommendationsServicer_to_server(servicer, server)
        number = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield number
        server.stop(None).wait()


@pytest.fixture
def recommender(port: int) -> Iterator[GrpcRecommender]:
    """A client of it, patient and without a breaker that could open by chance."""
    with closing(GrpcRecommender("localhost", port, timeout=10)) as client:
        yield client


def test_a_page_is_one_call(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """All shelves are asked for at once, kept apart, for the reader who is there."""
    servicer.answer = pb.RecommendBatchResponse(responses=[pb.RecommendationResponse()] * 2)
    recommender.recommend(5, [RecommendationRequest(None, 10), RecommendationRequest(Category.SCIENCE_FICTION, 3)])
    assert servicer.requests == [
        pb.RecommendBatchRequest(
            requests=[
                pb.RecommendationRequest(user_id=5, any_category=True, max_results=10),
                pb.RecommendationRequest(user_id=5, category=pb.SCIENCE_FICTION, max_results=3),
            ],
            distinct=True,
        )
    ]


def test_shelves_come_back_in_the_shops_own_words(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """Ids, reasons and the list's name are kept; a reason of a kind not yet known is left out."""
    servicer.answer = pb.RecommendBatchResponse(
        responses=[
            pb.RecommendationResponse(
                recommendation_id="list-1",
                recommendations=[
                    pb.BookRecommendation(
                        id=7,
                        reason=pb.Reason(
                            kind=pb.Reason.KIND_BECAUSE_OF_BOOKS, books=[pb.BookReference(id=1, title="Emma")]
                        ),
                    ),
                    pb.BookRecommendation(id=8, reason=pb.Reason(kind=pb.Reason.KIND_NEW)),
                    pb.BookRecommendation(id=9),
                    pb.BookRecommendation(
                        id=10,
                        reason=pb.Reason(
                            kind=pb.Reason.KIND_SAME_AUTHOR, books=[pb.BookReference(id=1, title="Emma")]
                        ),
                    ),
                    pb.BookRecommendation(id=11, reason=pb.Reason(kind=cast("pb.Reason.Kind.ValueType", 99))),
                ],
            )
        ]
    )
    assert recommender.recommend(0, [MYSTERY]) == [
        RecommendationList(
            (
                Recommendation(7, Reason(ReasonKind.BECAUSE_OF_BOOKS, ((1, "Emma"),))),
                Recommendation(8, Reason(ReasonKind.NEW)),
                Recommendation(9),
                Recommendation(10, Reason(ReasonKind.SAME_AUTHOR, ((1, "Emma"),))),
                Recommendation(11),
            ),
            "list-1",
        )
    ]


def test_interactions_are_recorded_whole(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """What is sent is what happened, and each gets its own result."""
    servicer.answer = pb.RecordInteractionsResponse(
        results=[
            pb.InteractionResult(outcome=pb.InteractionResult.OUTCOME_STORED),
            pb.InteractionResult(outcome=pb.InteractionResult.OUTCOME_REFUSED, reason="book_id"),
        ]
    )
    results = recommender.record([CLICK, CLICK])
    assert results == [RecordResult(Outcome.STORED), RecordResult(Outcome.REFUSED, "book_id")]
    sent = servicer.requests[0].interactions[0]
    assert (sent.id, sent.user_id, sent.book_id, sent.kind, sent.recommendation_id) == (
        "click-1",
        1_000_000_000,
        7,
        pb.Interaction.KIND_CLICK,
        "list-1",
    )
    assert sent.occurred_at.ToDatetime(NOON.tzinfo) == NOON


def test_a_shelf_may_be_chosen_by_what_is_popular_or_new(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """The selection goes along."""
    servicer.answer = pb.RecommendBatchResponse(responses=[pb.RecommendationResponse()] * 2)
    recommender.recommend(
        5,
        [
            RecommendationRequest(None, 6, Selection.POPULAR),
            RecommendationRequest(Category.MYSTERY, 6, Selection.NEW),
        ],
    )
    selections = [each.selection for each in servicer.requests[0].requests]
    assert selections == [pb.SELECTION_POPULAR, pb.SELECTION_NEW]


def test_similar_books_are_asked_for_a_reader(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """The book, the reader and the length go along, and a shelf comes back."""
    servicer.answer = pb.SimilarBooksResponse(
        recommendation_id="like-7",
        recommendations=[
            pb.BookRecommendation(
                id=8,
                reason=pb.Reason(kind=pb.Reason.KIND_LIKE_THIS_BOOK, books=[pb.BookReference(id=7, title="Dune")]),
            )
        ],
    )
    assert recommender.similar(7, 5, 6) == RecommendationList(
        (Recommendation(8, Reason(ReasonKind.LIKE_THIS_BOOK, ((7, "Dune"),))),), "like-7"
    )
    assert servicer.requests == [pb.SimilarBooksRequest(book_id=7, user_id=5, max_results=6)]


def test_a_rating_and_its_undo_are_sent_as_the_contract_says(
    servicer: Servicer, recommender: GrpcRecommender
) -> None:
    """Half stars become stars, and an undo names what it takes back."""
    servicer.answer = pb.RecordInteractionsResponse(
        results=[pb.InteractionResult(outcome=pb.InteractionResult.OUTCOME_STORED)] * 2
    )
    rating = replace(CLICK, id="rating-1", kind=InteractionKind.RATING, half_stars=7)
    undo = replace(CLICK, id="undo-1", kind=InteractionKind.UNDO, undoes="rating-1")
    recommender.record([rating, undo])
    sent = servicer.requests[0].interactions
    assert [(each.kind, each.value, each.undoes) for each in sent] == [
        (pb.Interaction.KIND_RATING, 3.5, ""),
        (pb.Interaction.KIND_UNDO, 0.0, "rating-1"),
    ]


def test_readers_are_merged_and_forgotten(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """Each is one call that names the readers."""
    servicer.answer = pb.MergeReadersResponse()
    recommender.merge(1_000_000_002, 1_000_000_001)
    servicer.answer = pb.ForgetReaderResponse()
    recommender.forget(1_000_000_001)
    assert servicer.requests == [
        pb.MergeReadersRequest(from_user_id=1_000_000_002, into_user_id=1_000_000_001),
        pb.ForgetReaderRequest(user_id=1_000_000_001),
    ]


def test_an_answer_of_another_length_is_not_taken(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """Results that cannot be matched to what was asked are no results."""
    with pytest.raises(RecommenderRefused, match="1 shelves"):
        recommender.recommend(0, [MYSTERY, MYSTERY])
    servicer.answer = pb.RecordInteractionsResponse()
    with pytest.raises(RecommenderBroken, match="0 results"):
        recommender.record([CLICK])
    servicer.answer = pb.RecordInteractionsResponse(results=[pb.InteractionResult()])
    with pytest.raises(RecommenderBroken, match="outcome"):
        recommender.record([CLICK])


@pytest.mark.parametrize("status", [each for each in grpc.StatusCode if each is not grpc.StatusCode.OK])
def test_every_status_is_either_transient_or_permanent(
    servicer: Servicer, recommender: GrpcRecommender, status: grpc.StatusCode
) -> None:
    """A failure that may pass can be told from one that would come again, and says which one it was."""
    servicer.status = status
    expected = RecommenderUnavailable if status in TRANSIENT else RecommenderRefused
    with pytest.raises(expected, match=status.name) as raised:
        recommender.record([CLICK])
    assert getattr(raised.value, "code", status.name) == status.name


@pytest.mark.parametrize("name", ["INVALID_ARGUMENT", "NOT_FOUND", "OUT_OF_RANGE", "FAILED_PRECONDITION"])
def test_what_would_be_refused_again_is_permanent(name: str) -> None:
    """Repeating a malformed call helps nobody."""
    assert grpc.StatusCode[name] not in TRANSIENT


@pytest.mark.parametrize("name", ["UNIMPLEMENTED", "UNAUTHENTICATED", "PERMISSION_DENIED"])
def test_a_wrong_configuration_is_no_messages_fault(
    servicer: Servicer, recommender: GrpcRecommender, name: str
) -> None:
    """What succeeds once the address or the permission is put right waits for that."""
    servicer.status = grpc.StatusCode[name]
    with pytest.raises(RecommenderUnavailable) as raised:
        recommender.record([CLICK])
    assert not isinstance(raised.value, Broken)


@pytest.mark.parametrize("name", ["INTERNAL", "UNKNOWN", "DATA_LOSS"])
def test_an_answer_that_may_be_due_to_the_message_is_told_apart(
    servicer: Servicer, recommender: GrpcRecommender, name: str
) -> None:
    """Pages take it for an outage, and the relay asks for each message whether it is the one."""
    servicer.status = grpc.StatusCode[name]
    with pytest.raises(RecommenderUnavailable) as raised:
        recommender.record([CLICK])
    assert isinstance(raised.value, Broken)


def test_books_are_sent_as_the_contract_has_them(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """All facts that the contract knows, 0 for a year that nobody knows; each book gets its own result."""
    outcomes = pb.UpsertResult
    servicer.answer = pb.UpsertBooksResponse(
        results=[
            outcomes(outcome=outcomes.OUTCOME_STORED),
            outcomes(outcome=outcomes.OUTCOME_UNCHANGED),
            outcomes(outcome=outcomes.OUTCOME_REFUSED, reason="year"),
        ]
    )
    dune = Book(
        id=7,
        title="Dune",
        authors=("Frank Herbert",),
        year=-44,
        isbn="978",
        categories=(Category.SCIENCE_FICTION, Category.CLASSICS),
        subjects=("deserts",),
        description="Spice.",
        price=Money(999, "EUR"),
    )
    results = recommender.upsert([dune, Book(id=8, title="Emma"), Book(id=9, title="Old", year=-9999)])
    assert results == [
        RecordResult(Outcome.STORED),
        RecordResult(Outcome.REPEATED),
        RecordResult(Outcome.REFUSED, "year"),
    ]
    assert servicer.requests == [
        pb.UpsertBooksRequest(
            books=[
                pb.Book(
                    id=7,
                    title="Dune",
                    authors=["Frank Herbert"],
                    categories=[pb.SCIENCE_FICTION, pb.CLASSICS],
                    subjects=["deserts"],
                    year=-44,
                    isbn="978",
                ),
                pb.Book(id=8, title="Emma"),
                pb.Book(id=9, title="Old", year=-9999),
            ]
        )
    ]


def test_books_are_removed_by_id(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """In one call."""
    servicer.answer = pb.RemoveBooksResponse(removed=1)
    recommender.remove([7, 8])
    assert servicer.requests == [pb.RemoveBooksRequest(book_ids=[7, 8])]


@pytest.mark.parametrize(
    "book",
    [
        Book(id=7, title="Dune", year=2**31),
        Book(id=7, title="\ud800"),
        Book(id=7, title="Dune", subjects=("spice" * 2000,) * 120),
    ],
    ids=["year", "half a character", "too large"],
)
def test_what_no_message_can_say_is_refused_before_it_is_sent(
    servicer: Servicer, recommender: GrpcRecommender, book: Book
) -> None:
    """Sent, a message that is too large would be answered like an overload, and repeated for ever."""
    with pytest.raises(RecommenderRefused):
        recommender.upsert([book])
    assert servicer.requests == []


def test_a_call_gives_up_at_its_deadline(servicer: Servicer, port: int) -> None:
    """A server that hangs costs the page its timeout and no more."""
    release = Event()
    servicer.wait = release.wait
    with closing(GrpcRecommender("localhost", port, timeout=0.05)) as recommender:
        with pytest.raises(RecommenderUnavailable, match="DEADLINE_EXCEEDED"):
            recommender.recommend(0, [MYSTERY])
        release.set()


def test_a_host_that_does_not_exist_fails_within_the_timeout() -> None:
    """A name that no server knows is an outage like any other."""
    with (
        closing(GrpcRecommender("no-such-host.invalid", 50051, timeout=2)) as recommender,
        pytest.raises(RecommenderUnavailable),
    ):
        recommender.recommend(0, [MYSTERY])


def test_an_address_of_ipv6_is_a_host_too(servicer: Servicer) -> None:
    """Colons in the host do not run into the port."""
    with ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool)
        add_RecommendationsServicer_to_server(servicer, server)
        number = server.add_insecure_port("[::1]:0")
        server.start()
        with closing(GrpcRecommender("::1", number, timeout=10)) as recommender:
            assert recommender.recommend(0, [MYSTERY]) == [RecommendationList(())]
        server.stop(None).wait()


def test_the_trace_id_of_the_request_goes_along(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """The call carries the page's trace id, and one of its own where there is no page."""
    with structlog.contextvars.bound_contextvars(trace_id="0af7651916cd43dd8448eb211c80319c"):
        recommender.recommend(0, [MYSTERY])
    recommender.recommend(0, [MYSTERY])
    first, second = (each["traceparent"] for each in servicer.metadata)
    assert trace_id_of(first) == "0af7651916cd43dd8448eb211c80319c"
    assert trace_id_of(second) in second


def test_nothing_is_opened_before_the_first_call(port: int) -> None:
    """A client that was never used has nothing to close, and one that is closed does not open again."""
    recommender = GrpcRecommender("localhost", port, timeout=10)
    recommender.close()
    with pytest.raises(RecommenderUnavailable, match="closed"):
        recommender.recommend(0, [MYSTERY])


def test_threads_share_one_channel(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """Eight first calls at once come over one connection."""
    start = Barrier(8, timeout=10)

    def call() -> None:
        start.wait()
        recommender.recommend(0, [MYSTERY])

    threads = [Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(servicer.peers) == 8
    assert len(set(servicer.peers)) == 1


def test_the_breaker_opens_and_lets_a_probe_find_the_recovery(servicer: Servicer, port: int) -> None:
    """After five failures no call is made; when the pause is over one is, and pages ask again."""
    clock = Clock()
    breaker = Breaker(RecommenderUnavailable, clock=clock)
    with closing(GrpcRecommender("localhost", port, timeout=10, breaker=breaker)) as recommender:
        servicer.status = grpc.StatusCode.INTERNAL
        for _ in range(5):
            with pytest.raises(RecommenderUnavailable, match="INTERNAL"):
                recommender.recommend(0, [MYSTERY])
        with pytest.raises(RecommenderUnavailable, match="not asked"):
            recommender.recommend(0, [MYSTERY])
        assert len(servicer.requests) == 5
        assert recommender.state == State.OPEN.value
        servicer.status = None
        clock.seconds += 0.5
        recommender.recommend(0, [MYSTERY])
        assert recommender.state == State.CLOSED.value


def test_refusals_and_the_relays_calls_leave_the_breaker_alone(
    servicer: Servicer, recommender: GrpcRecommender
) -> None:
    """Neither a permanent error nor an outage seen by the relay stops pages from asking."""
    servicer.status = grpc.StatusCode.INVALID_ARGUMENT
    for _ in range(10):
        with pytest.raises(RecommenderRefused):
            recommender.recommend(0, [MYSTERY])
    servicer.status = grpc.StatusCode.INTERNAL
    for _ in range(10):
        with pytest.raises(RecommenderUnavailable):
            recommender.record([CLICK])
    assert recommender.state == State.CLOSED.value
