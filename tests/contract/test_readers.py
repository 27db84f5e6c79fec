"""Undoing interactions, merging readers and forgetting them."""

import threading
import time
from pathlib import Path

import grpc
import numpy as np
import pytest

from protobufs import recommendations_pb2 as pb
from tests.contract.conftest import DEADLINE, Shop
from tests.contract.test_recommendations import K, Outcome, click, ids, recommend, record


def history(shop: Shop, reader: int, *, page_size: int = 0, page_token: str = "") -> pb.ListInteractionsResponse:
    request = pb.ListInteractionsRequest(user_id=reader, page_size=page_size, page_token=page_token)
    return shop.stub.ListInteractions(request, timeout=DEADLINE)


def interaction_ids(page: pb.ListInteractionsResponse) -> list[str]:
    return [interaction.id for interaction in page.interactions]


def undo(id_: str, reader: int, undoes: str) -> pb.Interaction:
    return K(id=id_, user_id=reader, kind=K.KIND_UNDO, undoes=undoes)


def merge(shop: Shop, reader: int, into: int) -> None:
    shop.stub.MergeReaders(pb.MergeReadersRequest(from_user_id=reader, into_user_id=into), timeout=DEADLINE)


def forget(shop: Shop, reader: int) -> None:
    shop.stub.ForgetReader(pb.ForgetReaderRequest(user_id=reader), timeout=DEADLINE)


def readers_on_disk(folder: Path) -> set[int]:
    """The readers in the files of all models."""
    return {reader for path in folder.rglob("history_readers*.npy") for reader in np.load(path).tolist()}


def may_be_on_disk(folder: Path, reader: int) -> bool:
    """Whether a reader is in a model's files, or these are being replaced."""
    try:
        return reader in readers_on_disk(folder)
    except (OSError, EOFError, ValueError):
        return True


def test_undone_interactions_do_not_count(shop: Shop) -> None:
    """The list is that of a reader without interactions, whether the undo comes after its interaction or before."""
    record(shop, click("a", 5000, 1))
    assert recommend(shop, 5000).recommendations != recommend(shop, 5001).recommendations
    assert record(shop, undo("u", 5000, "a"), undo("u", 5000, "a")) == [
        Outcome.OUTCOME_STORED,
        Outcome.OUTCOME_REPEATED,
    ]
    assert recommend(shop, 5000).recommendations == recommend(shop, 5001).recommendations
    assert record(shop, undo("v", 5000, "b")) == [Outcome.OUTCOME_STORED]
    assert record(shop, click("b", 5000, 2)) == [Outcome.OUTCOME_STORED]
    assert recommend(shop, 5000).recommendations == recommend(shop, 5001).recommendations
    assert interaction_ids(history(shop, 5000)) == []


def test_readers_undo_only_their_own_interactions(shop: Shop) -> None:
    """An undo by another reader changes nothing."""
    record(shop, click("a", 5000, 1))
    before = recommend(shop, 5000)
    record(shop, undo("u", 5001, "a"))
    assert recommend(shop, 5000) == before
    assert interaction_ids(history(shop, 5000)) == ["a"]


def test_interactions_before_the_training_can_be_undone(shop: Shop) -> None:
    """A book bought before the training is recommended again once the purchase is undone."""
    first = history(shop, 7).interactions[0]
    assert first.book_id not in ids(recommend(shop, 7, limit=100))
    record(shop, undo("u", 7, first.id))
    assert first.book_id in ids(recommend(shop, 7, limit=100))


def test_a_history_page_by_page(shop: Shop) -> None:
    """Following the tokens gives every interaction once, the latest first, with all its fields."""
    rating = K(id="rated", user_id=5000, book_id=3, kind=K.KIND_RATING, value=4.5, recommendation_id="list")
    rating.occurred_at.FromJsonString("2026-01-02T03:04:05.250Z")
    record(shop, *(click(f"c{number}", 5000, number) for number in range(1, 6)), rating)
    assert history(shop, 5000).interactions[0] == rating
    seen, token = [], ""
    while True:
        page = history(shop, 5000, page_size=4, page_token=token)
        seen.append(interaction_ids(page))
        token = page.next_page_token
        if not token:
            break
    assert seen == [["rated", "c5", "c4", "c3"], ["c2", "c1"]]
    assert history(shop, 99_999) == pb.ListInteractionsResponse()


def test_a_guest_who_signs_in(shop: Shop) -> None:
    """The guest's history counts for the account, late interactions too; both ids get the account's lists."""
    record(shop, click("a", 6000, 1), click("b", 5000, 2))
    merge(shop, 6000, 5000)
    merge(shop, 6000, 5000)
    assert record(shop, K(id="late", user_id=6000, book_id=3, kind=K.KIND_PURCHASE)) == [Outcome.OUTCOME_STORED]
    assert interaction_ids(history(shop, 5000)) == ["late", "b", "a"]
    assert history(shop, 6000) == history(shop, 5000)
    assert {interaction.user_id for interaction in history(shop, 6000).interactions} == {5000}
    both = recommend(shop, 5000, limit=100)
    assert recommend(shop, 6000, limit=100) == both
    assert 3 not in ids(both)


def test_the_right_to_be_forgotten(shop: Shop) -> None:
    """Nothing is left in the database, memory, files or the next model; later interactions are refused."""
    assert {7, 8} <= readers_on_disk(shop.models)
    nobody = ids(recommend(shop, 0))
    merge(shop, 8, 7)
    forget(shop, 7)
    assert not {7, 8} & readers_on_disk(shop.models)
    for reader in (7, 8):
        assert history(shop, reader) == pb.ListInteractionsResponse()
        assert ids(recommend(shop, reader)) == nobody
        request = pb.RecordInteractionsRequest(interactions=[click("late", reader, 1)])
        (result,) = shop.stub.RecordInteractions(request, timeout=DEADLINE).results
        assert result.outcome == Outcome.OUTCOME_REFUSED
        assert result.reason == "user_id names a reader who was forgotten"
    with shop.store.read() as work:
        assert not {7, 8} & {event.reader_id for events in work.interactions.events_after(0) for event in events}
    forget(shop, 7)
    shop.publish()
    assert not {7, 8} & readers_on_disk(shop.models)


def test_a_forgetting_that_a_crash_interrupted_is_finished(shop: Shop) -> None:
    """A reader forgotten only in the database by another process soon leaves memory and files."""
    with shop.store.write() as work:
        work.readers.forget(7)
        work.commit()
    give_up = time.monotonic() + DEADLINE
    while may_be_on_disk(shop.models, 7) and time.monotonic() < give_up:
        threading.Event().wait(0.02)
    assert 7 not in readers_on_disk(shop.models)
    assert ids(recommend(shop, 7)) == ids(recommend(shop, 0))


def test_a_merge_into_a_forgotten_reader_forgets(shop: Shop) -> None:
    """The first reader is forgotten too."""
    forget(shop, 9)
    merge(shop, 10, 9)
    assert interaction_ids(history(shop, 10)) == []
    assert ids(recommend(shop, 10)) == ids(recommend(shop, 0))


@pytest.mark.parametrize("reader", [0, -1])
def test_nobody_cannot_be_forgotten(shop: Shop, reader: int) -> None:
    """The id must be positive."""
    with pytest.raises(grpc.RpcError) as caught:
        forget(shop, reader)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
