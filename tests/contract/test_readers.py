"""Readers who take something back, become somebody else or are forgotten, as clients see it."""

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


def named(page: pb.ListInteractionsResponse) -> list[str]:
    return [one.id for one in page.interactions]


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
    """Whether a reader is in a model's files, or these are just being exchanged."""
    try:
        return reader in readers_on_disk(folder)
    except (OSError, EOFError, ValueError):
        return True


def test_what_is_taken_back_never_happened(shop: Shop) -> None:
    """The list is that of a reader who did nothing, whether the undo comes after what it undoes or ahead of it."""
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
    assert named(history(shop, 5000)) == []


def test_nobody_takes_back_what_another_reader_did(shop: Shop) -> None:
    """An undo by somebody else changes nothing."""
    record(shop, click("a", 5000, 1))
    before = recommend(shop, 5000)
    record(shop, undo("u", 5001, "a"))
    assert recommend(shop, 5000) == before
    assert named(history(shop, 5000)) == ["a"]


def test_what_the_model_learned_can_be_taken_back(shop: Shop) -> None:
    """A purchase from before the training is recommended again once it is undone, by the next model too."""
    first = history(shop, 7).interactions[0]
    assert first.book_id not in ids(recommend(shop, 7, limit=100))
    record(shop, undo("u", 7, first.id))
    assert first.book_id in ids(recommend(shop, 7, limit=100))


def test_a_history_page_by_page(shop: Shop) -> None:
    """Following the tokens gives everything once, the latest first, with all that was recorded."""
    told = K(id="rated", user_id=5000, book_id=3, kind=K.KIND_RATING, value=4.5, recommendation_id="list")
    told.occurred_at.FromJsonString("2026-01-02T03:04:05.250Z")
    record(shop, *(click(f"c{number}", 5000, number) for number in range(1, 6)), told)
    assert history(shop, 5000).interactions[0] == told
    seen, token = [], ""
    while True:
        page = history(shop, 5000, page_size=4, page_token=token)
        seen.append(named(page))
        token = page.next_page_token
        if not token:
            break
    assert seen == [["rated", "c5", "c4", "c3"], ["c2", "c1"]]
    assert history(shop, 99_999) == pb.ListInteractionsResponse()


def test_a_guest_who_signs_in(shop: Shop) -> None:
    """The guest's history counts for the account, also what comes late; both ids get the account's lists."""
    record(shop, click("a", 6000, 1), click("b", 5000, 2))
    merge(shop, 6000, 5000)
    merge(shop, 6000, 5000)
    assert record(shop, K(id="late", user_id=6000, book_id=3, kind=K.KIND_PURCHASE)) == [Outcome.OUTCOME_STORED]
    assert named(history(shop, 5000)) == ["late", "b", "a"]
    assert history(shop, 6000) == history(shop, 5000)
    assert {one.user_id for one in history(shop, 6000).interactions} == {5000}
    both = recommend(shop, 5000, limit=100)
    assert recommend(shop, 6000, limit=100) == both
    assert 3 not in ids(both)


def test_the_right_to_be_forgotten(shop: Shop) -> None:
    """Nothing is left in the database, in memory, in the files or in the next model; what comes late is refused."""
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
    """What another process forgot in the database, and no more, leaves memory and files within moments."""
    with shop.store.write() as work:
        work.readers.forget(7)
        work.commit()
    give_up = time.monotonic() + DEADLINE
    while may_be_on_disk(shop.models, 7) and time.monotonic() < give_up:
        threading.Event().wait(0.02)
    assert 7 not in readers_on_disk(shop.models)
    assert ids(recommend(shop, 7)) == ids(recommend(shop, 0))


def test_a_merge_into_a_forgotten_reader_forgets(shop: Shop) -> None:
    """The first reader goes with the second."""
    forget(shop, 9)
    merge(shop, 10, 9)
    assert named(history(shop, 10)) == []
    assert ids(recommend(shop, 10)) == ids(recommend(shop, 0))


@pytest.mark.parametrize("reader", [0, -1])
def test_nobody_cannot_be_forgotten(shop: Shop, reader: int) -> None:
    """A reader must be named."""
    with pytest.raises(grpc.RpcError) as caught:
        forget(shop, reader)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
