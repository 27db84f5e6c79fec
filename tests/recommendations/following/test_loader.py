"""The newest usable model is loaded while the old one answers, and no event is lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs

from recommendations.domain.errors import NotReady
from recommendations.following.follower import Follower
from recommendations.following.loader import RETRY_SECONDS
from tests.recommendations.fakes import FakeModel, FakeModels
from tests.recommendations.following.conftest import DEADLINE, in_use
from tests.recommendations.stores import HookedStore, book


def test_before_the_first_model(follower: Follower, store: HookedStore) -> None:
    """Without a published model the follower is not ready, and continues."""
    store.versions = []
    follower.step()
    assert not follower.ready
    with pytest.raises(NotReady):
        _ = follower.model


def test_a_newer_model_replaces_the_old_one(follower: Follower, store: HookedStore, models: FakeModels) -> None:
    """The new model gets the events since its training, and the old one gets no more."""
    follower.step()
    old = in_use(follower)
    events = [store.append(1, number) for number in (1, 2, 3)]
    store.versions.append("m2")
    models.sequences["m2"] = 1
    follower.step()
    new = in_use(follower)
    assert (old.version, new.version) == ("m1", "m2")
    assert new.observed == events[1:]
    store.append(1, 4)
    follower.step()
    assert old.observed == events
    assert [event.book_id for event in new.observed] == [2, 3, 4]


def test_a_model_is_opened_once(follower: Follower, models: FakeModels) -> None:
    """The model stays the same object until a newer one is published."""
    follower.step()
    before = follower.model
    follower.step()
    assert follower.model is before
    assert models.asked == ["m1"]


def test_the_old_model_serves_while_the_new_one_is_opened(
    follower: Follower, store: HookedStore, models: FakeModels
) -> None:
    """Neither reading the model nor applying a write waits for the opening."""
    follower.step()
    store.versions.append("m2")
    seen: list[str] = []

    def meanwhile() -> None:
        with ThreadPoolExecutor(1) as pool:
            store.append(1, 7)
            pool.submit(follower.after_write).result(DEADLINE)
            seen.append(pool.submit(lambda: in_use(follower).version).result(DEADLINE))

    models.while_opening = meanwhile
    follower.step()
    assert seen == ["m1"]
    assert [event.book_id for event in in_use(follower).observed] == [7]
    assert in_use(follower).version == "m2"


def test_writes_during_the_switch_are_not_lost(follower: Follower, store: HookedStore, models: FakeModels) -> None:
    """The new model gets a book and an event stored while it was opened, each once."""
    follower.step()
    store.versions.append("m2")

    def meanwhile() -> None:
        store.put(book(2, "came late"))
        store.append(1, 2)
        follower.after_write()

    models.while_opening = meanwhile
    follower.step()
    models.while_opening = lambda: None
    assert in_use(follower).version == "m2"
    assert in_use(follower).books == {1: book(1), 2: book(2, "came late")}
    store.append(1, 3)
    follower.step()
    assert in_use(follower).observed == store.events


def test_an_event_during_the_last_sync_is_not_lost(
    follower: Follower, store: HookedStore, models: FakeModels
) -> None:
    """An event that another thread applies to the old model meanwhile reaches the new one too."""
    follower.step()
    store.versions.append("m2")
    store.append(1, 1)

    def another_thread_syncs(new: FakeModel) -> None:
        new.on_observe = lambda: None
        store.append(1, 2)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(follower.after_write).result(DEADLINE)

    models.on_open = lambda new: setattr(new, "on_observe", lambda: another_thread_syncs(new))
    follower.step()
    assert in_use(follower).version == "m2"
    assert in_use(follower).observed == store.events
    assert len(store.events) == 2


def test_a_write_during_the_switch_waits_for_its_end(
    follower: Follower, store: HookedStore, models: FakeModels
) -> None:
    """A write returns only when the new model has applied it."""
    follower.step()
    store.versions.append("m2")
    store.append(1, 1)
    writes = []

    def during_the_second_sync(new: FakeModel) -> None:
        new.on_observe = lambda: None
        store.put(book(2))
        writes.append(pool.submit(follower.after_write))
        # If the write did not wait, it would have ended by then.
        with pytest.raises(TimeoutError):
            writes[0].result(0.2)

    def during_the_first_sync(new: FakeModel) -> None:
        store.append(1, 2)
        new.on_observe = lambda: during_the_second_sync(new)

    models.on_open = lambda new: setattr(new, "on_observe", lambda: during_the_first_sync(new))
    with ThreadPoolExecutor(1) as pool:
        follower.step()
        writes[0].result(DEADLINE)
    assert in_use(follower).version == "m2"
    assert in_use(follower).books == {1: book(1), 2: book(2)}


def test_a_reader_forgotten_during_the_switch_is_not_in_the_new_model(
    follower: Follower, store: HookedStore, models: FakeModels
) -> None:
    """The new model drops the reader too, although only the old one was in use then."""
    event = store.append(1, 10)
    follower.step()
    store.versions.append("m2")
    models.sequences["m2"] = event.sequence

    def meanwhile() -> None:
        store.retire(1, None)
        follower.after_write()

    models.while_opening = meanwhile
    models.on_open = lambda model: model.observe([event])
    follower.step()
    assert in_use(follower).version == "m2"
    assert in_use(follower).histories == {1: []}


def test_a_refused_model_leaves_the_old_one(follower: Follower, store: HookedStore, models: FakeModels) -> None:
    """A damaged newer model is logged once and changes nothing; the one after it is used."""
    follower.step()
    store.versions.append("m2")
    models.broken.add("m2")
    with capture_logs() as logs:
        for _ in range(3):
            follower.step()
    assert [line["event"] for line in logs] == ["model_refused"]
    assert (logs[0]["version"], logs[0]["log_level"]) == ("m2", "error")
    assert "damaged" in logs[0]["reason"]
    assert models.asked == ["m1", "m2"]
    store.append(1, 1)
    store.versions.append("m3")
    follower.step()
    assert in_use(follower).version == "m3"
    assert in_use(follower).observed == store.events


def test_a_refused_model_is_tried_again(store: HookedStore, models: FakeModels) -> None:
    """A model whose files arrive late is loaded after a while, and was logged once."""
    moments = [0.0]
    follower = Follower(store, models, clock=lambda: moments[0])
    models.broken.add("m1")
    with capture_logs() as logs:
        for moment in (0.0, RETRY_SECONDS - 0.1, RETRY_SECONDS, 2 * RETRY_SECONDS - 0.1):
            moments[0] = moment
            follower.step()
        assert models.asked == ["m1", "m1"]
        models.broken.clear()
        moments[0] = 2 * RETRY_SECONDS
        follower.step()
    assert in_use(follower).version == "m1"
    assert [line["event"] for line in logs] == ["model_refused", "model_loaded"]


def test_a_server_starts_with_the_newest_usable_model(
    follower: Follower, store: HookedStore, models: FakeModels
) -> None:
    """If the newest models are damaged, the one before them is used."""
    store.versions = ["m1", "m2", "m3"]
    models.broken |= {"m2", "m3"}
    follower.step()
    assert in_use(follower).version == "m1"
    follower.step()
    assert models.asked == ["m3", "m2", "m1"]


def test_no_usable_model(follower: Follower, store: HookedStore, models: FakeModels) -> None:
    """If all are damaged the server is not ready until a usable one is published."""
    models.broken.add("m1")
    follower.step()
    assert not follower.ready
    store.versions.append("m2")
    follower.step()
    assert in_use(follower).version == "m2"
