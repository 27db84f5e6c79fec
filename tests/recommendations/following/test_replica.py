"""The copy of the store in memory stays up to date with it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from recommendations.domain.errors import StoreUnavailable
from recommendations.domain.interactions import NOBODY
from recommendations.following.follower import Follower
from tests.recommendations.fakes import FakeModels
from tests.recommendations.following.conftest import DEADLINE, fails_once, in_use
from tests.recommendations.stores import HookedStore, book


def test_a_model_starts_with_the_catalogue_and_later_events(follower: Follower, store: HookedStore) -> None:
    """It gets all books, and only the events after its training."""
    events = [store.append(1, number) for number in range(1, 6)]
    follower = Follower(store, FakeModels(m1=2))
    follower.step()
    assert in_use(follower).observed == events[2:]
    assert in_use(follower).books == {1: book(1)}


def test_events_reach_the_model_once_and_in_order(follower: Follower, store: HookedStore) -> None:
    """Each event is observed once, in rounds of one or more chunks."""
    store.chunk = 2
    follower.step()
    for number in range(1, 12):
        store.append(1, number)
        if number % 4 == 0:
            follower.step()
    follower.after_write()
    follower.after_write()
    assert in_use(follower).observed == store.events


def test_a_failure_between_chunks_repeats_none(follower: Follower, store: HookedStore) -> None:
    """Events observed before the failure are not observed again."""
    follower.step()
    store.chunk = 2
    for number in range(1, 6):
        store.append(1, number)
    store.between_chunks = fails_once()
    with pytest.raises(StoreUnavailable):
        follower.after_write()
    assert in_use(follower).observed == store.events[:2]
    follower.after_write()
    assert in_use(follower).observed == store.events


def test_several_threads_sync_at_once(follower: Follower, store: HookedStore) -> None:
    """Each event is observed once and in order."""
    follower.step()
    store.chunk = 3
    together = threading.Barrier(4)
    writing = threading.Lock()

    def write(reader: int) -> None:
        together.wait(DEADLINE)
        for number in range(1, 51):
            with writing:
                store.append(reader, number)
            follower.after_write()

    with ThreadPoolExecutor(4) as pool:
        for running in [pool.submit(write, reader) for reader in range(1, 5)]:
            running.result(DEADLINE)
    assert in_use(follower).observed == store.events
    assert len(store.events) == 200


def test_one_thread_at_a_time_syncs(follower: Follower, store: HookedStore) -> None:
    """While one thread applies events, another one waits instead of applying them again."""
    follower.step()
    store.append(1, 1)
    with ThreadPoolExecutor(1) as pool:
        others = []

        def meanwhile() -> None:
            in_use(follower).on_observe = lambda: None
            others.append(pool.submit(follower.after_write))
            # If the other thread did not wait, it would have ended by then.
            with pytest.raises(TimeoutError):
                others[0].result(0.2)

        in_use(follower).on_observe = meanwhile
        follower.after_write()
        others[0].result(DEADLINE)
    assert in_use(follower).observed == store.events


def test_a_changed_book_reaches_the_model(follower: Follower, store: HookedStore) -> None:
    """New and changed books reach the model with the next round, and the others stay."""
    follower.step()
    store.put(book(2), book(1, "Dune"))
    store.put(book(3))
    follower.after_write()
    assert in_use(follower).books == {1: book(1, "Dune"), 2: book(2), 3: book(3)}


def test_an_unchanged_catalogue_is_not_replaced(follower: Follower, store: HookedStore) -> None:
    """If no book changed, the model keeps the same catalogue."""
    follower.step()
    before = in_use(follower).books
    store.append(1, 1)
    follower.step()
    assert in_use(follower).books is before


def test_a_removed_book_leaves_the_model(follower: Follower, store: HookedStore) -> None:
    """It leaves with the next round, and comes back when it is added again."""
    follower.step()
    store.put(book(1, removed=True), book(2))
    follower.after_write()
    assert in_use(follower).books == {2: book(2)}
    store.put(book(1))
    follower.after_write()
    assert in_use(follower).books == {1: book(1), 2: book(2)}


def test_an_undo_removes_what_it_undoes(follower: Follower, store: HookedStore) -> None:
    """The reader's history is replaced, once; other readers are not touched."""
    follower.step()
    first, second, other = store.append(1, 10), store.append(1, 11), store.append(2, 10)
    follower.after_write()
    store.undo(1, f"event-{first.sequence}")
    follower.after_write()
    follower.after_write()
    assert in_use(follower).histories == {1: [second], 2: [other]}
    assert in_use(follower).replaced == [1]


def test_an_undo_is_applied_after_failures(follower: Follower, store: HookedStore) -> None:
    """The store fails between the chunk with the undo and the next, and again when the history is read."""
    follower.step()
    first, second = store.append(1, 10), store.append(1, 11)
    follower.after_write()
    store.chunk = 1
    store.undo(1, f"event-{first.sequence}")
    third = store.append(2, 10)
    store.between_chunks = fails_once()
    with pytest.raises(StoreUnavailable):
        follower.after_write()
    in_use(follower).on_replace = fails_once()
    with pytest.raises(StoreUnavailable):
        follower.after_write()
    assert in_use(follower).replaced == []
    follower.after_write()
    assert in_use(follower).histories == {1: [second], 2: [third]}


def test_an_undo_after_the_training_reaches_the_model(store: HookedStore) -> None:
    """A loaded model does not have what was undone since its training."""
    first, second = store.append(1, 10), store.append(1, 11)
    models = FakeModels(m1=second.sequence)
    models.on_open = lambda model: model.observe([first, second])
    store.undo(1, f"event-{first.sequence}")
    follower = Follower(store, models)
    follower.step()
    assert in_use(follower).histories == {1: [second]}


def test_a_merged_reader_becomes_the_other_one(follower: Follower, store: HookedStore) -> None:
    """The other reader gets all events, late ones too, and the id resolves to that reader."""
    follower.step()
    store.append(1, 10)
    store.append(2, 11)
    follower.after_write()
    store.retire(1, 2)
    store.append(1, 12)
    follower.after_write()
    assert [event.book_id for event in in_use(follower).histories[2]] == [10, 11, 12]
    assert in_use(follower).histories[1] == []
    assert [follower.reader(id_) for id_ in (1, 2, 3, NOBODY)] == [2, 2, 3, NOBODY]
    store.retire(2, 3)
    follower.after_write()
    assert [follower.reader(id_) for id_ in (1, 2, 3)] == [3, 3, 3]
    assert [event.book_id for event in in_use(follower).histories[3]] == [10, 11, 12]


def test_a_forgotten_reader_becomes_nobody(follower: Follower, store: HookedStore) -> None:
    """The model keeps no events of the reader or of readers merged into them."""
    follower.step()
    store.append(1, 10)
    store.append(2, 11)
    follower.after_write()
    store.retire(1, 2)
    store.retire(2, None)
    follower.after_write()
    assert in_use(follower).histories == {1: [], 2: []}
    assert [follower.reader(id_) for id_ in (1, 2, 3)] == [NOBODY, NOBODY, 3]


def test_retired_readers_are_known_before_the_first_model(follower: Follower, store: HookedStore) -> None:
    """Ids of merged readers resolve without a model."""
    store.versions = []
    store.retire(1, 2)
    follower.step()
    assert follower.reader(1) == 2


def test_readers_retired_since_the_training_are_replaced(store: HookedStore) -> None:
    """The model replaces only readers retired after its training; the follower resolves all ids."""
    store.retire(1, 2)
    revision = store.readers_revision
    store.retire(3, 4)
    store.retire(5, None)
    models = FakeModels()
    models.readers_revisions["m1"] = revision
    follower = Follower(store, models)
    follower.step()
    assert in_use(follower).replaced == [3, 4, 5]
    assert [follower.reader(id_) for id_ in (1, 3, 5)] == [2, 4, NOBODY]
