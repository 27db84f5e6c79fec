"""Answers from bytes to bytes, over a real port."""

from typing import Any

import grpc
import pytest

from protobufs import recommendations_pb2 as pb
from recommendations.api.messages import shelves
from recommendations.domain.books import Book
from recommendations.domain.recommending import (
    Reason,
    ReasonKind,
    Recommendation,
    RecommendationList,
    RecommendRequest,
)
from tests.recommendations.api.conftest import Running

DEADLINE = 20
REQUEST = pb.RecommendationRequest(user_id=7, any_category=True, max_results=1)
BASIS = object()


def shelf(name: str, basis: object = BASIS) -> RecommendationList:
    """A shelf of one book."""
    one = Recommendation(Book(id=1, title="Dune"), 0.5, Reason(ReasonKind.POPULAR))
    return RecommendationList.of((one,), recommendation_id=name, model_version="m1", basis=basis)


def recommended(running: Running) -> str:
    """The name of the list that comes."""
    return str(running.stub.Recommend(REQUEST, timeout=DEADLINE).recommendation_id)


def test_the_same_answer_as_long_as_it_holds(running: Running) -> None:
    """Who asks again gets the same list without a new one being made, until its basis does not hold any more."""
    running.service.shelf = shelf("first")
    assert recommended(running) == "first"
    running.service.shelf, running.service.holding = shelf("second"), True
    assert recommended(running) == "first"
    asked = RecommendRequest(reader_id=7, category=None, limit=1)
    assert running.service.asked == [asked, (7, BASIS)]
    running.service.holding = False
    assert recommended(running) == "second"
    running.service.holding = True
    assert recommended(running) == "second"


def test_an_answer_that_nobody_keeps_account_of_is_not_remembered(running: Running) -> None:
    """Without a basis every call is answered anew."""
    running.service.holding = True
    for name in ("first", "second"):
        running.service.shelf = shelf(name, basis=None)
        assert recommended(running) == name


def test_other_requests_are_other_answers(running: Running) -> None:
    """What differs in any field is not answered with what another call got."""
    running.service.holding = True
    for name in ("a", "b"):
        running.service.shelf = shelf(name)
        request = pb.RecommendationRequest(user_id=7, exclude_book_ids=[ord(name)])
        assert running.stub.Recommend(request, timeout=DEADLINE).recommendation_id == name


def test_no_answer_is_remembered_after_a_reader_was_forgotten(running: Running) -> None:
    """What a remembered answer tells of a reader's history goes with the reader."""
    running.service.shelf, running.service.holding = shelf("first"), True
    assert recommended(running) == "first"
    running.stub.ForgetReader(pb.ForgetReaderRequest(user_id=7), timeout=DEADLINE)
    running.service.shelf = shelf("second")
    assert recommended(running) == "second"


def test_batches_and_similar_books_are_the_plain_ones(running: Running) -> None:
    """What the server answers is what the servicer's own methods would."""
    running.service.shelf = shelf("one")
    batch = pb.RecommendBatchRequest(requests=[REQUEST, REQUEST], distinct=True)
    assert running.stub.RecommendBatch(batch, timeout=DEADLINE) == shelves.shelves_response([shelf("one")] * 2)
    assert running.service.distinct
    similar = running.stub.SimilarBooks(pb.SimilarBooksRequest(book_id=9), timeout=DEADLINE)
    assert similar == shelves.similar_response(shelf("one"))


def test_what_is_no_request_is_refused(running: Running) -> None:
    """Bytes that are no message are the caller's error."""
    call: Any = running.channel.unary_unary("/Recommendations/Recommend")
    with pytest.raises(grpc.RpcError) as caught:
        call(b"\xff", timeout=DEADLINE)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
