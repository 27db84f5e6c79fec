"""Lists, and how recorded interactions change them."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from protobufs import recommendations_pb2 as pb
from tests.contract.conftest import DEADLINE, Shop

Outcome = pb.InteractionResult.Outcome
K = pb.Interaction


def ids(response: pb.RecommendationResponse | pb.SimilarBooksResponse) -> list[int]:
    return [book.id for book in response.recommendations]


def recommend(shop: Shop, reader: int, *, limit: int = 10) -> pb.RecommendationResponse:
    request = pb.RecommendationRequest(user_id=reader, any_category=True, max_results=limit)
    return shop.stub.Recommend(request, timeout=DEADLINE)


def record(shop: Shop, *interactions: pb.Interaction) -> list[int]:
    request = pb.RecordInteractionsRequest(interactions=interactions)
    return [result.outcome for result in shop.stub.RecordInteractions(request, timeout=DEADLINE).results]


def click(id_: str, reader: int, book: int) -> pb.Interaction:
    return pb.Interaction(id=id_, user_id=reader, book_id=book, kind=K.KIND_CLICK)


def test_recording_an_interaction_changes_the_next_list(shop: Shop) -> None:
    """A new reader gets a personal list, with reasons, from the next call on."""
    before = recommend(shop, 5000)
    clicked = ids(before)[-1]
    assert record(shop, click("a", 5000, clicked)) == [Outcome.OUTCOME_STORED]
    after = recommend(shop, 5000)
    assert ids(after) != ids(before)
    assert after.recommendation_id != before.recommendation_id
    assert after.recommendations[0].reason.kind == pb.Reason.KIND_BECAUSE_OF_BOOKS
    assert [book.id for book in after.recommendations[0].reason.books] == [clicked]
    assert all(book.reason.kind != pb.Reason.KIND_BECAUSE_OF_BOOKS for book in recommend(shop, 5001).recommendations)


@pytest.mark.parametrize("kind", [K.KIND_PURCHASE, K.KIND_RATING, K.KIND_NOT_INTERESTED])
def test_read_and_dismissed_books_are_not_recommended(shop: Shop, kind: K.Kind.ValueType) -> None:
    """The next list does not have the book."""
    first = ids(recommend(shop, 7))[0]
    value = 4.0 if kind == K.KIND_RATING else 0.0
    record(shop, K(id="a", user_id=7, book_id=first, kind=kind, value=value))
    assert first not in ids(recommend(shop, 7, limit=100))


def test_a_repeated_id_is_counted_once(shop: Shop) -> None:
    """The second one is REPEATED, stores nothing and changes no list."""
    assert record(shop, click("a", 5000, 1)) == [Outcome.OUTCOME_STORED]
    after = recommend(shop, 5000)
    with shop.store.read() as work:
        stored = work.interactions.last_sequence()
    again = record(shop, click("a", 5000, 2), click("b", 0, 1), click("a", 5000, 1))
    assert again == [Outcome.OUTCOME_REPEATED, Outcome.OUTCOME_REFUSED, Outcome.OUTCOME_REPEATED]
    assert recommend(shop, 5000) == after
    with shop.store.read() as work:
        assert work.interactions.last_sequence() == stored


def test_a_batch_without_repetitions(shop: Shop) -> None:
    """With `distinct` no book is in two lists."""
    all_books = pb.RecommendationRequest(user_id=7, any_category=True, max_results=8)
    mysteries = pb.RecommendationRequest(user_id=7, category=pb.MYSTERY, max_results=5)
    batch = pb.RecommendBatchRequest(requests=[all_books, mysteries, all_books], distinct=True)
    responses = shop.stub.RecommendBatch(batch, timeout=DEADLINE).responses
    books = [id_ for response in responses for id_ in ids(response)]
    assert len(books) == len(set(books)) == 21
    assert all(book.categories == [pb.MYSTERY] for book in responses[1].recommendations)


def on_subject(shop: Shop, subject: str, **fields: Any) -> list[int]:
    request = pb.RecommendationRequest(subject=subject, max_results=100, **fields)
    return ids(shop.stub.Recommend(request, timeout=DEADLINE))


def test_lists_of_a_subject(shop: Shop) -> None:
    """Every selection has only its books, alone and in a batch; one that no book has gives an empty list."""
    catalogue = pb.UpsertBooksRequest(
        books=[pb.Book(id=id_, title=f"Space {id_}", subjects=["Space travel"]) for id_ in (3, 8, 77)]
    )
    shop.stub.UpsertBooks(catalogue, timeout=DEADLINE)
    for selection in (pb.SELECTION_FOR_YOU, pb.SELECTION_POPULAR, pb.SELECTION_NEW):
        assert sorted(on_subject(shop, "space  TRAVEL", selection=selection)) == [3, 8, 77]
        assert on_subject(shop, "chess", selection=selection) == []
    assert on_subject(shop, "Space travel", category=9999) == on_subject(shop, "Space travel", any_category=True)
    record(shop, K(id="a", user_id=7, book_id=8, kind=K.KIND_PURCHASE))
    assert sorted(on_subject(shop, "Space travel", user_id=7)) == [3, 77]
    batch = pb.RecommendBatchRequest(
        requests=[
            pb.RecommendationRequest(any_category=True, exclude_book_ids=[3], max_results=100),
            pb.RecommendationRequest(subject="space travel"),
            pb.RecommendationRequest(subject="space travel"),
        ],
        distinct=True,
    )
    everything, *on_space = map(ids, shop.stub.RecommendBatch(batch, timeout=DEADLINE).responses)
    assert len(everything) == 30
    assert on_space == [[3], []]


def test_a_long_subject_is_refused(shop: Shop) -> None:
    """The limit is 10,000 characters, in whatever script; the error names the field."""
    assert on_subject(shop, "\N{CJK UNIFIED IDEOGRAPH-66F8}" * 10_000) == []
    with pytest.raises(grpc.RpcError) as caught:
        on_subject(shop, "x" * 10_001)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details() == "subject must be at most 10,000 characters"


@pytest.mark.slow
def test_a_new_model_is_loaded_within_a_second_and_no_call_fails(shop: Shop) -> None:
    """Two threads request lists and record while a model is trained and published."""
    stop = threading.Event()
    before = recommend(shop, 1).model_version
    seen: dict[str, float] = {}

    def use(client: int) -> int:
        calls = 0
        while not stop.is_set():
            answer = recommend(shop, client * 1000 + calls % 7)
            assert len(answer.recommendations) == 10
            seen.setdefault(answer.model_version, time.monotonic())
            record(shop, click(f"{client}-{calls}", client * 1000 + calls % 7, calls % 30 + 1))
            calls += 1
        return calls

    with ThreadPoolExecutor(2) as pool:
        clients = [pool.submit(use, client) for client in (1, 2)]
        try:
            version = shop.publish()
            published = time.monotonic()
            while version not in seen and time.monotonic() < published + DEADLINE:
                assert not any(client.done() for client in clients)
                threading.Event().wait(0.01)
        finally:
            stop.set()
        assert all(client.result(DEADLINE) > 0 for client in clients)
    assert version != before
    assert seen[version] - published < 1.0
    # What was recorded before the new model was loaded still counts.
    assert recommend(shop, 1000).recommendations[0].reason.kind == pb.Reason.KIND_BECAUSE_OF_BOOKS
