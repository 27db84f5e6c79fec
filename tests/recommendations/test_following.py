"""The model at work keeps in step with the store."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs

from recommendations.domain import Book, NotReady, StoreUnavailable
from recommendations.following import RETRY_SECONDS, Follower
from tests.recommendations.fakes import FakeModel, FakeModels, FakeStore, fail

DEADLINE = 20


def book(id_: int, title: str = "") -> Book:
    """A book."""
    return Book(id=id_, title=title)


def at_work(follower: Follower) -> FakeModel:
    """The model at work."""
    assert isinstance(follower.model, FakeModel)
    return follower.model


@pytest.fixture
def store() -> FakeStore:
    """A store with one book and one model."""
    store = FakeStore()
    store.put(book(1))
    store.versions = ["m1"]
    return store


@pytest.fixture
def models() -> FakeModels:
    """Models that know nothing yet."""
    return FakeModels()


@pytest.fixture
def follower(store: FakeStore, models: FakeModels) -> Follower:
    """A follower that has not begun."""
    return Follower(store, models)


def fails_once() -> Callable[[], None]:
    """Fails the first time it is called."""
    failures = [fail]

    def once() -> None:
        if failures:
            failures.pop()()

    return once


def test_before_the_first_model(follower: Follower, store: FakeStore) -> None:
    """Without a published model there is none at work, and following goes on."""
    store.versions = []
    follower.step()
    assert not follower.ready
    with pytest.raises(NotReady):
        _ = follower.model


def test_a_model_starts_with_the_catalogue_and_what_it_missed(follower: Follower, store: FakeStore) -> None:
    """It is opened with the books there are and fed what came after its training, and only that."""
    told = [store.append(1, number) for number in range(1, 6)]
    follower = Follower(store, FakeModels(m1=2))
    follower.step()
    assert at_work(follower).observed == told[2:]
    assert at_work(follower).books == {1: book(1)}


def test_events_reach_the_model_once_and_in_order(follower: Follower, store: FakeStore) -> None:
    """Round after round, in chunks or not, each event is observed once."""
    store.chunk = 2
    follower.step()
    for number in range(1, 12):
        store.append(1, number)
        if number % 4 == 0:
            follower.step()
    follower.catch_up()
    follower.catch_up()
    assert at_work(follower).observed == store.events


def test_a_failure_between_chunks_repeats_none(follower: Follower, store: FakeStore) -> None:
    """What was observed before the store failed is not observed again after it."""
    follower.step()
    store.chunk = 2
    for number in range(1, 6):
        store.append(1, number)
    store.between_chunks = fails_once()
    with pytest.raises(StoreUnavailable):
        follower.catch_up()
    assert at_work(follower).observed == store.events[:2]
    follower.catch_up()
    assert at_work(follower).observed == store.events


def test_catching_up_from_several_threads(follower: Follower, store: FakeStore) -> None:
    """However many threads notice new events, each is observed once and in order."""
    follower.step()
    store.chunk = 3
    together = threading.Barrier(4)
    writing = threading.Lock()

    def write_and_catch_up(reader: int) -> None:
        together.wait(DEADLINE)
        for number in range(1, 51):
            with writing:
                store.append(reader, number)
            follower.catch_up()

    with ThreadPoolExecutor(4) as pool:
        for running in [pool.submit(write_and_catch_up, reader) for reader in range(1, 5)]:
            running.result(DEADLINE)
    assert at_work(follower).observed == store.events
    assert len(store.events) == 200


def test_one_thread_at_a_time_feeds_the_model(follower: Follower, store: FakeStore) -> None:
    """While one thread feeds the model, another one waits instead of feeding it the same events."""
    follower.step()
    store.append(1, 1)
    with ThreadPoolExecutor(1) as pool:
        others = []

        def meanwhile() -> None:
            at_work(follower).on_observe = lambda: None
            others.append(pool.submit(follower.catch_up))
            # Whether the other one would feed at once shows by then; it can only end after this one.
            with pytest.raises(TimeoutError):
                others[0].result(0.2)

        at_work(follower).on_observe = meanwhile
        follower.catch_up()
        others[0].result(DEADLINE)
    assert at_work(follower).observed == store.events


def test_a_changed_book_reaches_the_model(follower: Follower, store: FakeStore) -> None:
    """New and changed books are recommended from the next round on, and the others stay."""
    follower.step()
    store.put(book(2), book(1, "Dune"))
    store.put(book(3))
    follower.catch_up()
    assert at_work(follower).books == {1: book(1, "Dune"), 2: book(2), 3: book(3)}


def test_unchanged_books_are_not_stocked_again(follower: Follower, store: FakeStore) -> None:
    """Where no book changed, the catalogue at work is left as it is."""
    follower.step()
    before = at_work(follower).books
    store.append(1, 1)
    follower.step()
    assert at_work(follower).books is before


def test_a_newer_model_takes_over(follower: Follower, store: FakeStore, models: FakeModels) -> None:
    """The newest model goes to work with all it missed, and the old one hears no more."""
    follower.step()
    old = at_work(follower)
    told = [store.append(1, number) for number in (1, 2, 3)]
    store.versions.append("m2")
    models.sequences["m2"] = 1
    follower.step()
    new = at_work(follower)
    assert (old.version, new.version) == ("m1", "m2")
    assert new.observed == told[1:]
    store.append(1, 4)
    follower.step()
    assert old.observed == told
    assert [event.book_id for event in new.observed] == [2, 3, 4]


def test_a_model_is_opened_once(follower: Follower, models: FakeModels) -> None:
    """As long as nothing newer is published, the model at work stays the same object."""
    follower.step()
    before = follower.model
    follower.step()
    assert follower.model is before
    assert models.asked == ["m1"]


def test_the_old_model_serves_while_the_new_one_is_opened(
    follower: Follower, store: FakeStore, models: FakeModels
) -> None:
    """Asking for the model takes no lock, and catching up does not wait for the opening either."""
    follower.step()
    store.versions.append("m2")
    seen: list[str] = []

    def meanwhile() -> None:
        with ThreadPoolExecutor(1) as pool:
            store.append(1, 7)
            pool.submit(follower.catch_up).result(DEADLINE)
            seen.append(pool.submit(lambda: at_work(follower).version).result(DEADLINE))

    models.while_opening = meanwhile
    follower.step()
    assert seen == ["m1"]
    assert [event.book_id for event in at_work(follower).observed] == [7]
    assert at_work(follower).version == "m2"


def test_what_happens_during_the_exchange_is_not_lost(
    follower: Follower, store: FakeStore, models: FakeModels
) -> None:
    """A book and an event that come between opening and exchange are known to the new model, each once."""
    follower.step()
    store.versions.append("m2")

    def meanwhile() -> None:
        store.put(book(2, "came late"))
        store.append(1, 2)
        follower.catch_up()

    models.while_opening = meanwhile
    follower.step()
    models.while_opening = lambda: None
    assert at_work(follower).version == "m2"
    assert at_work(follower).books == {1: book(1), 2: book(2, "came late")}
    store.append(1, 3)
    follower.step()
    assert at_work(follower).observed == store.events


def test_an_event_during_the_last_feeding_is_not_lost(
    follower: Follower, store: FakeStore, models: FakeModels
) -> None:
    """An event that another thread feeds to the old model while the new one is fed reaches the new one too."""
    follower.step()
    store.versions.append("m2")
    store.append(1, 1)

    def another_thread_feeds(new: FakeModel) -> None:
        new.on_observe = lambda: None
        store.append(1, 2)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(follower.catch_up).result(DEADLINE)

    models.on_open = lambda new: setattr(new, "on_observe", lambda: another_thread_feeds(new))
    follower.take_up()
    assert at_work(follower).version == "m2"
    assert at_work(follower).observed == store.events
    assert len(store.events) == 2


def test_a_refused_model_leaves_the_old_one(follower: Follower, store: FakeStore, models: FakeModels) -> None:
    """A damaged newer model is reported once and changes nothing; the one after it is used."""
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
    assert at_work(follower).version == "m3"
    assert at_work(follower).observed == store.events


def test_a_refused_model_is_looked_at_again(store: FakeStore, models: FakeModels) -> None:
    """A model whose files came late goes to work after a while, and was reported once."""
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
    assert at_work(follower).version == "m1"
    assert [line["event"] for line in logs] == ["model_refused", "model_taken_up"]


def test_a_server_starts_with_the_newest_usable_model(
    follower: Follower, store: FakeStore, models: FakeModels
) -> None:
    """Where the last publications are damaged, the one before them goes to work."""
    store.versions = ["m1", "m2", "m3"]
    models.broken |= {"m2", "m3"}
    follower.step()
    assert at_work(follower).version == "m1"
    follower.step()
    assert models.asked == ["m3", "m2", "m1"]


def test_no_usable_model(follower: Follower, store: FakeStore, models: FakeModels) -> None:
    """Where all are damaged the server is not ready, and becomes so with the next publication."""
    models.broken.add("m1")
    follower.step()
    assert not follower.ready
    store.versions.append("m2")
    follower.step()
    assert at_work(follower).version == "m2"


def test_a_store_that_fails_is_logged_when_it_begins_and_ends(follower: Follower, store: FakeStore) -> None:
    """Rounds without a store are one line, the model stays at work, and what was missed is caught up with."""
    follower.step()
    store.before_read = fail
    with capture_logs() as logs:
        follower.step()
        follower.step()
        store.append(1, 1)
        store.before_read = lambda: None
        follower.step()
        follower.step()
    assert [line["event"] for line in logs] == ["store_unavailable", "store_available"]
    assert logs[0]["cause"] == "OSError"
    assert at_work(follower).observed == store.events


def test_whatever_one_round_meets_the_next_one_comes(follower: Follower, store: FakeStore) -> None:
    """An exception that nobody foresaw is logged, and the next round counts the event that it failed on."""
    follower.step()
    event = store.append(1, 1)

    def explode() -> None:
        raise ZeroDivisionError

    at_work(follower).on_observe = explode
    with capture_logs() as logs:
        follower.step()
    assert [line["event"] for line in logs] == ["following_failed"]
    at_work(follower).on_observe = lambda: None
    follower.step()
    assert at_work(follower).observed == [event]


def test_running_until_told_to_stop(follower: Follower, store: FakeStore) -> None:
    """It announces readiness once, follows by itself, and ends when it is told to."""
    store.versions = []
    stop, ready, observed = threading.Event(), threading.Event(), threading.Event()
    announced: list[str] = []

    def on_ready() -> None:
        announced.append(follower.model.version)
        at_work(follower).on_observe = observed.set
        ready.set()

    running = threading.Thread(target=follower.run, args=(stop, on_ready))
    running.start()
    try:
        assert not announced
        store.versions = ["m1"]
        assert ready.wait(DEADLINE)
        store.append(1, 1)
        assert observed.wait(DEADLINE)
    finally:
        stop.set()
        running.join(DEADLINE)
    assert not running.is_alive()
    assert announced == ["m1"]
