"""The service as its clients see it, from the wire to the database and back."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from protobufs import recommendations_pb2 as pb
from tests.contract.conftest import DEADLINE, Shop

Outcome = pb.InteractionResult.Outcome
K = pb.Interaction


def ids(response: pb.RecommendationResponse) -> list[int]:
    return [one.id for one in response.recommendations]


def recommend(shop: Shop, reader: int, *, limit: int = 10) -> pb.RecommendationResponse:
    request = pb.RecommendationRequest(user_id=reader, any_category=True, max_results=limit)
    return shop.stub.Recommend(request, timeout=DEADLINE)


def record(shop: Shop, *interactions: pb.Interaction) -> list[int]:
    request = pb.RecordInteractionsRequest(interactions=interactions)
    return [one.outcome for one in shop.stub.RecordInteractions(request, timeout=DEADLINE).results]


def click(id_: str, reader: int, book: int) -> pb.Interaction:
    return pb.Interaction(id=id_, user_id=reader, book_id=book, kind=K.KIND_CLICK)


def test_recording_an_interaction_changes_the_next_list(shop: Shop) -> None:
    """A reader first seen a moment ago gets a personal list, with the reason, from the next call on."""
    before = recommend(shop, 5000)
    clicked = ids(before)[-1]
    assert record(shop, click("a", 5000, clicked)) == [Outcome.OUTCOME_STORED]
    after = recommend(shop, 5000)
    assert ids(after) != ids(before)
    assert after.recommendation_id != before.recommendation_id
    assert after.recommendations[0].reason.kind == pb.Reason.KIND_BECAUSE_OF_BOOKS
    assert [book.id for book in after.recommendations[0].reason.books] == [clicked]
    assert all(one.reason.kind != pb.Reason.KIND_BECAUSE_OF_BOOKS for one in recommend(shop, 5001).recommendations)


@pytest.mark.parametrize("kind", [K.KIND_PURCHASE, K.KIND_RATING, K.KIND_NOT_INTERESTED])
def test_what_was_taken_or_waved_away_is_gone_at_once(shop: Shop, kind: K.Kind.ValueType) -> None:
    """The next list no longer has it."""
    first = ids(recommend(shop, 7))[0]
    value = 4.0 if kind == K.KIND_RATING else 0.0
    record(shop, K(id="a", user_id=7, book_id=first, kind=kind, value=value))
    assert first not in ids(recommend(shop, 7, limit=100))


def test_a_repeated_id_is_counted_once(shop: Shop) -> None:
    """The second delivery is REPEATED, stores nothing and changes no list."""
    assert record(shop, click("a", 5000, 1)) == [Outcome.OUTCOME_STORED]
    after = recommend(shop, 5000)
    with shop.store.read() as work:
        stored = work.interactions.last_sequence()
    again = record(shop, click("a", 5000, 2), click("b", 0, 1), click("a", 5000, 1))
    assert again == [Outcome.OUTCOME_REPEATED, Outcome.OUTCOME_REFUSED, Outcome.OUTCOME_REPEATED]
    assert recommend(shop, 5000) == after
    with shop.store.read() as work:
        assert work.interactions.last_sequence() == stored


def test_a_page_of_shelves_without_repetitions(shop: Shop) -> None:
    """With `distinct` no book is on two shelves of one answer."""
    every = pb.RecommendationRequest(user_id=7, any_category=True, max_results=8)
    shelf = pb.RecommendationRequest(user_id=7, category=pb.MYSTERY, max_results=5)
    together = pb.RecommendBatchRequest(requests=[every, shelf, every], distinct=True)
    responses = shop.stub.RecommendBatch(together, timeout=DEADLINE).responses
    books = [id_ for response in responses for id_ in ids(response)]
    assert len(books) == len(set(books)) == 21
    assert all(one.categories == [pb.MYSTERY] for one in responses[1].recommendations)


@pytest.mark.slow
def test_a_new_model_is_taken_up_within_a_second_and_no_call_fails(shop: Shop) -> None:
    """While threads ask and record, training publishes; every call succeeds and the new model answers soon."""
    stop = threading.Event()
    before = recommend(shop, 1).model_version
    seen: dict[str, float] = {}

    def ask(client: int) -> int:
        calls = 0
        while not stop.is_set():
            answer = recommend(shop, client * 1000 + calls % 7)
            assert len(answer.recommendations) == 10
            seen.setdefault(answer.model_version, time.monotonic())
            record(shop, click(f"{client}-{calls}", client * 1000 + calls % 7, calls % 30 + 1))
            calls += 1
        return calls

    with ThreadPoolExecutor(2) as pool:
        clients = [pool.submit(ask, client) for client in (1, 2)]
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
    # Nothing that was recorded on either side of the exchange is forgotten.
    assert recommend(shop, 1000).recommendations[0].reason.kind == pb.Reason.KIND_BECAUSE_OF_BOOKS
