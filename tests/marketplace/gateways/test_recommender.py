"""The client of Recommendations: what it sends, and how it reads responses."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import cast

import grpc
import pytest
import structlog

from marketplace.domain.books import Book
from marketplace.domain.categories import Category
from marketplace.domain.errors import RecommenderRefused, RecommenderUnavailable
from marketplace.domain.interactions import InteractionKind, Outcome, RecordResult
from marketplace.domain.money import Money
from marketplace.domain.recommendations import (
    Reason,
    ReasonKind,
    Recommendation,
    RecommendationList,
    RecommendationRequest,
    Selection,
)
from marketplace.domain.subjects import Subject
from marketplace.gateways.channel import target
from marketplace.gateways.recommender import GrpcRecommender
from protobufs import recommendations_pb2 as pb
from protobufs.recommendations_pb2_grpc import add_RecommendationsServicer_to_server
from servicekit.tracing.context import trace_id_of
from servicekit.tracing.spans import Kind, span
from tests.marketplace.fakes import NOON
from tests.marketplace.gateways.conftest import CLICK, MYSTERY, Servicer
from tests.traces import header_of, parent_of, recording


def test_a_page_is_one_call(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """All lists are requested in one call for the current reader."""
    servicer.response = pb.RecommendBatchResponse(responses=[pb.RecommendationResponse()] * 2)
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


def test_a_subject_is_sent_by_its_name(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """A server that does not know subjects yet recommends from all books, not from the category 0."""
    servicer.response = pb.RecommendBatchResponse(responses=[pb.RecommendationResponse()])
    recommender.recommend(5, [RecommendationRequest(Subject("cplusplus", "C++"), 3)])
    (sent,) = servicer.requests[0].requests
    assert sent == pb.RecommendationRequest(user_id=5, subject="C++", any_category=True, max_results=3)


def test_responses_become_the_shops_own_lists(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """With ids, reasons and the id of the list; a reason of an unknown kind is left out."""
    servicer.response = pb.RecommendBatchResponse(
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


def test_interactions_are_sent_complete(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """There is one result for each."""
    servicer.response = pb.RecordInteractionsResponse(
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


def test_popular_and_new_books_can_be_requested(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """The selection is sent."""
    servicer.response = pb.RecommendBatchResponse(responses=[pb.RecommendationResponse()] * 2)
    recommender.recommend(
        5,
        [
            RecommendationRequest(None, 6, Selection.POPULAR),
            RecommendationRequest(Category.MYSTERY, 6, Selection.NEW),
        ],
    )
    selections = [request.selection for request in servicer.requests[0].requests]
    assert selections == [pb.SELECTION_POPULAR, pb.SELECTION_NEW]


def test_similar_books_are_requested_for_a_reader(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """The book, the reader and the limit are sent."""
    servicer.response = pb.SimilarBooksResponse(
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


def test_ratings_and_undos_are_sent_as_the_contract_says(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """Half stars become stars, and an undo names its interaction."""
    servicer.response = pb.RecordInteractionsResponse(
        results=[pb.InteractionResult(outcome=pb.InteractionResult.OUTCOME_STORED)] * 2
    )
    rating = replace(CLICK, id="rating-1", kind=InteractionKind.RATING, half_stars=7)
    undo = replace(CLICK, id="undo-1", kind=InteractionKind.UNDO, undoes="rating-1")
    recommender.record([rating, undo])
    sent = servicer.requests[0].interactions
    assert [(interaction.kind, interaction.value, interaction.undoes) for interaction in sent] == [
        (pb.Interaction.KIND_RATING, 3.5, ""),
        (pb.Interaction.KIND_UNDO, 0.0, "rating-1"),
    ]


def test_readers_are_merged_and_deleted(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """Each by one call with the reader ids."""
    servicer.response = pb.MergeReadersResponse()
    recommender.merge(1_000_000_002, 1_000_000_001)
    servicer.response = pb.ForgetReaderResponse()
    recommender.forget(1_000_000_001)
    assert servicer.requests == [
        pb.MergeReadersRequest(from_user_id=1_000_000_002, into_user_id=1_000_000_001),
        pb.ForgetReaderRequest(user_id=1_000_000_001),
    ]


def test_books_are_sent_as_the_contract_has_them(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """With all attributes of the contract, 0 for an unknown year; there is one result for each."""
    outcomes = pb.UpsertResult
    servicer.response = pb.UpsertBooksResponse(
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
    servicer.response = pb.RemoveBooksResponse(removed=1)
    recommender.remove([7, 8])
    assert servicer.requests == [pb.RemoveBooksRequest(book_ids=[7, 8])]


@pytest.mark.parametrize(("host", "address"), [("::1", "[::1]:0"), ("unix:{folder}/a", "unix:{folder}/a")])
def test_the_host_may_be_an_ipv6_address_or_a_unix_socket(
    servicer: Servicer, tmp_path: Path, host: str, address: str
) -> None:
    """Its colons are not confused with the port's."""
    with ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool)
        add_RecommendationsServicer_to_server(servicer, server)
        number = server.add_insecure_port(address.format(folder=tmp_path))
        server.start()
        with closing(GrpcRecommender(target(host.format(folder=tmp_path), number), timeout=10)) as recommender:
            assert recommender.recommend(0, [MYSTERY]) == [RecommendationList(())]
        server.stop(None).wait()


def test_a_server_that_connects_slowly_is_not_given_up() -> None:
    """Half a second after the connection was made the client still waits for the server's first words."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        ThreadPoolExecutor(1) as pool,
        closing(GrpcRecommender(target("127.0.0.1", server.getsockname()[1]), timeout=10)) as recommender,
    ):
        call = pool.submit(recommender.recommend, 0, [MYSTERY])
        with server.accept()[0] as connection:
            connection.settimeout(0.5)
            with pytest.raises(TimeoutError):
                list(iter(lambda: connection.recv(1024), b""))
        server.close()
        with pytest.raises(RecommenderUnavailable, match="UNAVAILABLE"):
            call.result()


def test_the_trace_id_is_sent(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """That of the page, or a new one outside pages."""
    with structlog.contextvars.bound_contextvars(trace_id="0af7651916cd43dd8448eb211c80319c"):
        recommender.recommend(0, [MYSTERY])
    recommender.recommend(0, [MYSTERY])
    first, second = (metadata["traceparent"] for metadata in servicer.metadata)
    assert trace_id_of(first) == "0af7651916cd43dd8448eb211c80319c"
    assert trace_id_of(second) in second


def test_a_call_is_a_span(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """Of the current trace, which it continues at the server; a failure has its code, and not the server's words."""
    with recording() as trace:
        recommender.recommend(0, [MYSTERY])  # outside of traces
        with span("page", Kind.SERVER, begins_trace=True):
            recommender.recommend(0, [MYSTERY])
            servicer.status = grpc.StatusCode.INVALID_ARGUMENT
            with pytest.raises(RecommenderRefused):
                recommender.record([CLICK])
    answered, failed, page = trace.spans
    assert (answered.name, answered.kind.name) == ("Recommendations/RecommendBatch", "CLIENT")
    assert dict(answered.attributes or {}) == {
        "rpc.system.name": "grpc",
        "rpc.method": "Recommendations/RecommendBatch",
        "rpc.response.status_code": "OK",
    }
    assert failed.name == "Recommendations/RecordInteractions"
    assert dict(failed.attributes or {})["rpc.response.status_code"] == "INVALID_ARGUMENT"
    assert dict(failed.attributes or {})["error.type"] == "INVALID_ARGUMENT"
    assert "as the test says" not in failed.to_json()
    assert parent_of(answered) == parent_of(failed) == header_of(page).split("-")[2]
    headers = [metadata["traceparent"] for metadata in servicer.metadata]
    assert headers[0].endswith("-00")
    assert headers[1:] == [header_of(answered), header_of(failed)]


def test_nothing_is_opened_before_the_first_call(port: int) -> None:
    """An unused client has nothing to close, and a closed one does not reopen."""
    recommender = GrpcRecommender(target("localhost", port), timeout=10)
    recommender.close()
    with pytest.raises(RecommenderUnavailable, match="closed"):
        recommender.recommend(0, [MYSTERY])


def test_threads_share_one_channel(servicer: Servicer, recommender: GrpcRecommender) -> None:
    """Eight concurrent first calls use one connection."""
    start = Barrier(8, timeout=10)

    def call(_number: int) -> None:
        start.wait()
        recommender.recommend(0, [MYSTERY])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(call, range(8)))
    assert len(servicer.peers) == 8
    assert len(set(servicer.peers)) == 1
