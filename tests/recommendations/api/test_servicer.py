"""The methods translate requests and responses, over a fake service."""

import inspect
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, cast

import pytest

from protobufs import recommendations_pb2 as pb
from recommendations.api.servicer import RecommendationsServicer
from recommendations.domain.books import Book, Category, UpsertOutcome, UpsertResult
from recommendations.domain.interactions import (
    HistoryPage,
    HistoryRequest,
    Interaction,
    InteractionKind,
    Outcome,
    Result,
)
from recommendations.domain.recommending import (
    Reason,
    ReasonKind,
    Recommendation,
    RecommendationList,
    RecommendRequest,
    Selection,
    SimilarBooksRequest,
)
from recommendations.service import RecommendationService
from servicekit.grpc.event_loop import EventLoopThread
from tests.recommendations.fakes import FakeService

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
METHODS = pb.DESCRIPTOR.services_by_name["Recommendations"]
DUNE = Book(
    id=1,
    title="Dune",
    authors=("Frank Herbert", "Another"),
    categories=(Category.SCIENCE_FICTION, Category.CLASSICS),
    subjects=("deserts",),
    year=1965,
)
UBIK, EMMA = Book(id=2, title="Ubik"), Book(id=3, title="Emma")
ANSWER = RecommendationList(
    recommendations=(
        Recommendation(DUNE, 1.5, Reason(ReasonKind.BECAUSE_OF_BOOKS, (UBIK, EMMA))),
        Recommendation(UBIK, 0.0, Reason(ReasonKind.POPULAR)),
        Recommendation(EMMA, 0.0, Reason(ReasonKind.SAME_AUTHOR, (UBIK,))),
    ),
    recommendation_id="list",
    model_version="m1",
)
MESSAGE = pb.RecommendationResponse(
    recommendations=[
        pb.BookRecommendation(
            id=1,
            title="Dune",
            authors=["Frank Herbert", "Another"],
            categories=[pb.SCIENCE_FICTION, pb.CLASSICS],
            score=1.5,
            reason=pb.Reason(
                kind=pb.Reason.KIND_BECAUSE_OF_BOOKS,
                books=[pb.BookReference(id=2, title="Ubik"), pb.BookReference(id=3, title="Emma")],
            ),
        ),
        pb.BookRecommendation(id=2, title="Ubik", reason=pb.Reason(kind=pb.Reason.KIND_POPULAR)),
        pb.BookRecommendation(
            id=3,
            title="Emma",
            reason=pb.Reason(kind=pb.Reason.KIND_SAME_AUTHOR, books=[pb.BookReference(id=2, title="Ubik")]),
        ),
    ],
    recommendation_id="list",
    model_version="m1",
)


class InProcess:
    """The servicer over a fake service."""

    def __init__(self, loop: EventLoopThread) -> None:
        self.service = FakeService(answer=ANSWER)
        self._loop = loop
        self._servicer = RecommendationsServicer(cast("RecommendationService", self.service), lambda: NOW)

    def peer(self) -> str:
        """As the context of every call."""
        return "ipv4:127.0.0.1:1"

    def call(self, method: str, request: Any) -> Any:
        response = getattr(self._servicer, method)(request, self)
        return self._loop.run(response) if inspect.iscoroutine(response) else response


@pytest.fixture
def server() -> Iterator[InProcess]:
    loop = EventLoopThread("test")
    yield InProcess(loop)
    loop.stop()


def test_recommend(server: InProcess) -> None:
    """Every field of the request reaches the use case, and every one of the list the response."""
    response = server.call(
        "Recommend",
        pb.RecommendationRequest(
            user_id=7,
            category=pb.SCIENCE_FICTION,
            max_results=3,
            exclude_book_ids=[5, 6],
            selection=pb.SELECTION_NEW,
        ),
    )
    assert response == MESSAGE
    (asked,) = server.service.asked
    assert asked == RecommendRequest(
        reader_id=7,
        topic=Category.SCIENCE_FICTION,
        limit=3,
        excluded=frozenset({5, 6}),
        selection=Selection.NEW,
    )


@pytest.mark.parametrize("distinct", [True, False])
def test_recommend_batch(server: InProcess, distinct: bool) -> None:
    """One response for each request, in order; `distinct` reaches the use case."""
    requests = [
        pb.RecommendationRequest(user_id=1),
        pb.RecommendationRequest(user_id=2, any_category=True),
        pb.RecommendationRequest(user_id=3, subject="deserts"),
    ]
    response = server.call("RecommendBatch", pb.RecommendBatchRequest(requests=requests, distinct=distinct))
    assert list(response.responses) == [MESSAGE] * 3
    assert [(request.reader_id, request.topic) for request in server.service.asked] == [
        (1, Category.MYSTERY),
        (2, None),
        (3, "deserts"),
    ]
    assert server.service.distinct is distinct


def test_record_interactions(server: InProcess) -> None:
    """The use case gets the interactions with the time of the call; the response has the outcomes in order."""
    server.service.results = [
        Result(Outcome.STORED),
        Result(Outcome.REPEATED),
        Result(Outcome.REFUSED, "book_id must be positive"),
    ]
    view = pb.Interaction(id="a", user_id=1, book_id=2, kind=pb.Interaction.KIND_VIEW)
    response = server.call(
        "RecordInteractions", pb.RecordInteractionsRequest(interactions=[view, view, pb.Interaction()])
    )
    outcomes = pb.InteractionResult
    assert [(result.outcome, result.reason) for result in response.results] == [
        (outcomes.OUTCOME_STORED, ""),
        (outcomes.OUTCOME_REPEATED, ""),
        (outcomes.OUTCOME_REFUSED, "book_id must be positive"),
    ]
    first, _, refused = server.service.recorded
    assert first == Interaction(id="a", reader_id=1, book_id=2, kind=InteractionKind.VIEW, occurred_at=NOW)
    assert isinstance(refused, Result)


def test_similar_books(server: InProcess) -> None:
    """Every field of the request reaches the use case, and every one of the list the response."""
    response = server.call(
        "SimilarBooks", pb.SimilarBooksRequest(book_id=9, user_id=7, max_results=3, exclude_book_ids=[5])
    )
    assert response == pb.SimilarBooksResponse(
        recommendations=MESSAGE.recommendations, recommendation_id="list", model_version="m1"
    )
    assert server.service.asked == [SimilarBooksRequest(book_id=9, reader_id=7, limit=3, excluded=frozenset({5}))]


def test_list_interactions(server: InProcess) -> None:
    """The response has the page and the token for the next one."""
    click = Interaction(id="a", reader_id=7, book_id=2, kind=InteractionKind.CLICK, occurred_at=NOW)
    server.service.page = HistoryPage((click,), 41)
    first = server.call("ListInteractions", pb.ListInteractionsRequest(user_id=7, page_size=1))
    (listed,) = first.interactions
    assert (listed.id, listed.user_id, listed.book_id, listed.kind) == ("a", 7, 2, pb.Interaction.KIND_CLICK)
    assert listed.occurred_at.ToDatetime(tzinfo=UTC) == NOW
    server.call("ListInteractions", pb.ListInteractionsRequest(user_id=7, page_token=first.next_page_token))
    assert server.service.asked == [
        HistoryRequest(reader_id=7, limit=1),
        HistoryRequest(reader_id=7, limit=50, before=41),
    ]


def test_upsert_books(server: InProcess) -> None:
    """The use case gets the books with the day of the call; the response has the outcomes in order."""
    server.service.upserted = [
        UpsertResult(UpsertOutcome.STORED),
        UpsertResult(UpsertOutcome.UNCHANGED),
        UpsertResult(UpsertOutcome.REFUSED, "id must be positive"),
    ]
    dune = pb.Book(
        id=1,
        title="Dune",
        authors=["Frank Herbert", "Another"],
        categories=[pb.SCIENCE_FICTION, pb.CLASSICS],
        subjects=["deserts"],
        year=1965,
    )
    response = server.call("UpsertBooks", pb.UpsertBooksRequest(books=[dune, pb.Book(id=2, title="Ubik"), pb.Book()]))
    outcomes = pb.UpsertResult
    assert [(result.outcome, result.reason) for result in response.results] == [
        (outcomes.OUTCOME_STORED, ""),
        (outcomes.OUTCOME_UNCHANGED, ""),
        (outcomes.OUTCOME_REFUSED, "id must be positive"),
    ]
    first, second, refused, today = server.service.asked
    assert (first, second, today) == (DUNE, UBIK, date(2026, 1, 2))
    assert isinstance(refused, UpsertResult)


def test_remove_books(server: InProcess) -> None:
    """The use case gets the ids; the response has the number of removed books."""
    server.service.removed = 1
    assert server.call("RemoveBooks", pb.RemoveBooksRequest(book_ids=[2, 1])).removed == 1
    assert server.service.asked == [1, 2]


def test_merge_readers_and_forget_reader(server: InProcess) -> None:
    """The use cases get the right reader ids."""
    merge = pb.MergeReadersRequest(from_user_id=7, into_user_id=8)
    assert server.call("MergeReaders", merge) == pb.MergeReadersResponse()
    assert server.call("ForgetReader", pb.ForgetReaderRequest(user_id=9)) == pb.ForgetReaderResponse()
    assert server.service.asked == [(7, 8), 9]


def test_every_method_is_implemented() -> None:
    """No method is left to the generated code, which answers UNIMPLEMENTED."""
    assert {method.name for method in METHODS.methods} <= vars(RecommendationsServicer).keys()
