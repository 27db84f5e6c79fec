"""The model at work keeps in step with the store."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from structlog.testing import capture_logs

from recommendations.domain.books import Book
from recommendations.domain.errors import ForgettingUnfinished, NotReady, StoreUnavailable
from recommendations.domain.interactions import NOBODY
from recommendations.following.changes import SharedChanges
from recommendations.following.follower import RETRY_SECONDS, Follower
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


def test_who_catches_up_during_the_exchange_waits_for_its_end(
    follower: Follower, store: FakeStore, models: FakeModels
) -> None:
    """Whoever has stored something hears of success only when the model that goes to work knows it."""
    follower.step()
    store.versions.append("m2")
    store.append(1, 1)
    others = []

    def at_last(new: FakeModel) -> None:
        new.on_observe = lambda: None
        store.put(book(2))
        others.append(pool.submit(follower.catch_up))
        # Whether the other one would feed the old model shows by then; it can only end after the exchange.
        with pytest.raises(TimeoutError):
            others[0].result(0.2)

    def at_first(new: FakeModel) -> None:
        store.append(1, 2)
        new.on_observe = lambda: at_last(new)

    models.on_open = lambda new: setattr(new, "on_observe", lambda: at_first(new))
    with ThreadPoolExecutor(1) as pool:
        follower.take_up()
        others[0].result(DEADLINE)
    assert at_work(follower).version == "m2"
    assert at_work(follower).books == {1: book(1), 2: book(2)}


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


def test_a_removed_book_leaves_the_model(follower: Follower, store: FakeStore) -> None:
    """From the next round on it is not recommended, and put back it is again."""
    follower.step()
    store.put(Book(id=1, title="", removed=True), book(2))
    follower.catch_up()
    assert at_work(follower).books == {2: book(2)}
    store.put(book(1))
    follower.catch_up()
    assert at_work(follower).books == {1: book(1), 2: book(2)}


def test_what_is_taken_back_is_forgotten_by_the_model(follower: Follower, store: FakeStore) -> None:
    """A reader who takes something back is read again, once, without it; others are left as they are."""
    follower.step()
    first, second, other = store.append(1, 10), store.append(1, 11), store.append(2, 10)
    follower.catch_up()
    store.undo(1, f"event-{first.sequence}")
    follower.catch_up()
    follower.catch_up()
    assert at_work(follower).histories == {1: [second], 2: [other]}
    assert at_work(follower).replaced == [1]


def test_an_undo_is_heeded_whatever_fails_after_it(follower: Follower, store: FakeStore) -> None:
    """The store may fail between the chunk with the undo and the next, and again when the reader is read."""
    follower.step()
    first, second = store.append(1, 10), store.append(1, 11)
    follower.catch_up()
    store.chunk = 1
    store.undo(1, f"event-{first.sequence}")
    third = store.append(2, 10)
    store.between_chunks = fails_once()
    with pytest.raises(StoreUnavailable):
        follower.catch_up()
    at_work(follower).on_replace = fails_once()
    with pytest.raises(StoreUnavailable):
        follower.catch_up()
    assert at_work(follower).replaced == []
    follower.catch_up()
    assert at_work(follower).histories == {1: [second], 2: [third]}


def test_an_undo_after_the_training_reaches_the_model(store: FakeStore) -> None:
    """What was taken back since the model learned it is gone when the model goes to work."""
    first, second = store.append(1, 10), store.append(1, 11)
    models = FakeModels(m1=second.sequence)
    models.on_open = lambda model: model.observe([first, second])
    store.undo(1, f"event-{first.sequence}")
    follower = Follower(store, models)
    follower.step()
    assert at_work(follower).histories == {1: [second]}


def test_a_merged_reader_is_the_other_one(follower: Follower, store: FakeStore) -> None:
    """The model takes all for the other one's, what comes late too, and whoever asks is told who it is now."""
    follower.step()
    store.append(1, 10)
    store.append(2, 11)
    follower.catch_up()
    store.depart(1, 2)
    store.append(1, 12)
    follower.catch_up()
    assert [event.book_id for event in at_work(follower).histories[2]] == [10, 11, 12]
    assert at_work(follower).histories[1] == []
    assert [follower.reader(id_) for id_ in (1, 2, 3, NOBODY)] == [2, 2, 3, NOBODY]
    store.depart(2, 3)
    follower.catch_up()
    assert [follower.reader(id_) for id_ in (1, 2, 3)] == [3, 3, 3]
    assert [event.book_id for event in at_work(follower).histories[3]] == [10, 11, 12]


def test_a_forgotten_reader_is_nobody(follower: Follower, store: FakeStore) -> None:
    """Nothing of theirs is left in the model, nor of whoever was merged into them."""
    follower.step()
    store.append(1, 10)
    store.append(2, 11)
    follower.catch_up()
    store.depart(1, 2)
    store.depart(2, None)
    follower.catch_up()
    assert at_work(follower).histories == {1: [], 2: []}
    assert [follower.reader(id_) for id_ in (1, 2, 3)] == [NOBODY, NOBODY, 3]


def test_departures_are_known_before_the_first_model(follower: Follower, store: FakeStore) -> None:
    """Who a reader became does not depend on a model."""
    store.versions = []
    store.depart(1, 2)
    follower.step()
    assert follower.reader(1) == 2


def test_a_model_hears_of_the_departures_since_its_training(store: FakeStore) -> None:
    """It knows of those before, and unlearns readers who departed after; the follower knows of them all."""
    store.depart(1, 2)
    revision, _ = store.departures[1]
    store.depart(3, 4)
    store.depart(5, None)
    models = FakeModels()
    models.departures["m1"] = revision
    follower = Follower(store, models)
    follower.step()
    assert at_work(follower).replaced == [3, 4, 5]
    assert [follower.reader(id_) for id_ in (1, 3, 5)] == [2, 4, NOBODY]


def test_who_departs_during_the_exchange_is_gone_from_the_new_model(
    follower: Follower, store: FakeStore, models: FakeModels
) -> None:
    """A departure that the old model hears of while the new one is opened reaches the new one too."""
    event = store.append(1, 10)
    follower.step()
    store.versions.append("m2")
    models.sequences["m2"] = event.sequence

    def meanwhile() -> None:
        store.depart(1, None)
        follower.catch_up()

    models.while_opening = meanwhile
    models.on_open = lambda model: model.observe([event])
    follower.step()
    assert at_work(follower).version == "m2"
    assert at_work(follower).histories == {1: []}


def test_the_forgotten_are_pruned_from_the_files_at_the_start(store: FakeStore, models: FakeModels) -> None:
    """What a crash left unfinished is finished by the next start, and then left alone."""
    store.depart(1, None)
    store.depart(2, 3)
    store.depart(4, None)
    follower = Follower(store, models)
    for _ in range(3):
        follower.step()
    assert models.forgotten == [[1, 4]]


def test_without_anybody_forgotten_no_file_is_touched(
    follower: Follower, store: FakeStore, models: FakeModels
) -> None:
    """Neither starts nor merges nor new models are a reason."""
    store.depart(1, 2)
    follower.step()
    store.versions.append("m2")
    follower.step()
    assert models.forgotten == []


def test_a_new_model_is_pruned_too(follower: Follower, store: FakeStore, models: FakeModels) -> None:
    """It may have been trained on what somebody did who was forgotten before it was published."""
    store.depart(1, None)
    follower.step()
    store.versions.append("m2")
    follower.step()
    assert models.forgotten == [[1], [1]]


def test_who_another_process_forgot_is_pruned_here(follower: Follower, store: FakeStore, models: FakeModels) -> None:
    """The files may be this process's own."""
    follower.step()
    store.depart(1, None)
    follower.step()
    assert models.forgotten == [[1]]


def test_pruning_that_fails_is_tried_again_later(store: FakeStore, models: FakeModels) -> None:
    """The server serves and follows meanwhile, and the log names no reader."""
    moments = [0.0]
    follower = Follower(store, models, clock=lambda: moments[0])
    models.unfinished = OSError("disk full")
    tries: list[float] = []
    models.while_forgetting = lambda: tries.append(moments[0])
    store.depart(424242, None)
    with capture_logs() as logs:
        for moment in (0.0, RETRY_SECONDS - 0.1, RETRY_SECONDS):
            moments[0] = moment
            store.append(1, 10)
            follower.step()
        models.unfinished = None
        moments[0] = 2 * RETRY_SECONDS
        follower.step()
        follower.step()
    assert tries == [0.0, RETRY_SECONDS, 2 * RETRY_SECONDS]
    assert models.forgotten == [[424242]]
    assert at_work(follower).observed == store.events
    assert [line["event"] for line in logs] == ["model_taken_up", *["forgetting_unfinished"] * 2]
    assert logs[-1]["cause"] == "OSError"
    assert "424242" not in str(logs)


def test_who_is_asked_to_prune_does_not_wait_for_the_retry(
    follower: Follower, store: FakeStore, models: FakeModels
) -> None:
    """A caller who repeats a forgetting hears at once whether it is finished by now."""
    models.unfinished = OSError("disk full")
    store.depart(1, None)
    follower.step()
    with pytest.raises(ForgettingUnfinished):
        follower.prune()
    models.unfinished = None
    follower.prune()
    follower.prune()
    assert models.forgotten == [[1]]


def test_a_model_taken_up_while_files_are_pruned_is_pruned_after_it(
    follower: Follower, store: FakeStore, models: FakeModels
) -> None:
    """A pruning that began before the new model was there does not count for it."""
    follower.step()
    store.depart(1, None)
    follower.catch_up()

    def meanwhile() -> None:
        models.while_forgetting = lambda: None
        store.versions.append("m2")
        follower.take_up()

    models.while_forgetting = meanwhile
    follower.prune()
    assert models.forgotten == [[1]]
    follower.step()
    assert models.forgotten == [[1], [1]]


@pytest.fixture
def workers(store: FakeStore) -> tuple[Follower, Follower]:
    """Two workers over one store, with a model at work."""
    changes = SharedChanges(2)
    first, second = (Follower(store, FakeModels(), changes=changes.of(number)) for number in range(2))
    first.step()
    second.step()
    return first, second


def test_what_one_worker_stored_the_other_knows_with_its_next_call(
    workers: tuple[Follower, Follower], store: FakeStore
) -> None:
    """Changed books and departed readers are there without a round of the follower, whoever stored them."""
    for writer, other in (workers, workers[::-1]):
        store.append(1, 10)
        store.put(book(2, str(store.events)))
        store.depart(5, 6)
        writer.has_stored()
        other.keep_up()
        assert at_work(other).books == at_work(writer).books == {1: book(1), 2: book(2, str(store.events))}
        assert at_work(other).observed == at_work(writer).observed == store.events
        assert other.reader(5) == writer.reader(5) == 6


def test_where_nothing_was_told_a_call_asks_nobody(workers: tuple[Follower, Follower], store: FakeStore) -> None:
    """The store is read once for what was told, by the worker that stored it and by each other one, and no more."""
    reads: list[None] = []
    store.before_read = lambda: reads.append(None)
    first, second = workers
    for expected in (2, 4):
        first.has_stored()
        for _ in range(3):
            first.keep_up()
            second.keep_up()
        assert len(reads) == expected


def test_a_worker_alone_asks_nobody(follower: Follower, store: FakeStore) -> None:
    """It stored everything itself."""
    follower.step()
    store.before_read = fail
    follower.keep_up()
    with pytest.raises(StoreUnavailable):
        follower.has_stored()
    follower.keep_up()


def test_the_others_hear_of_it_although_the_store_fails_here(
    workers: tuple[Follower, Follower], store: FakeStore
) -> None:
    """It is told before it is read."""
    first, second = workers
    store.put(book(2))
    store.before_read = fail
    with pytest.raises(StoreUnavailable):
        first.has_stored()
    store.before_read = lambda: None
    second.keep_up()
    assert at_work(second).books == {1: book(1), 2: book(2)}


def test_a_call_is_answered_from_what_is_known_while_the_store_fails(
    workers: tuple[Follower, Follower], store: FakeStore
) -> None:
    """One call tries to read and logs it; those after it do not, until a round of the follower succeeded."""
    first, second = workers
    store.put(book(2))
    first.has_stored()
    tries: list[None] = []

    def fail_and_count() -> None:
        tries.append(None)
        fail()

    store.before_read = fail_and_count
    with capture_logs() as logs:
        for _ in range(3):
            second.keep_up()
    assert [(line["event"], line["cause"]) for line in logs] == [("counted_later", "OSError")]
    assert len(tries) == 1
    store.before_read = lambda: None
    second.step()
    assert at_work(second).books == {1: book(1), 2: book(2)}
    store.put(book(3))
    first.has_stored()
    second.keep_up()
    assert set(at_work(second).books) == {1, 2, 3}


def test_whatever_a_model_makes_of_it_the_call_is_answered(
    workers: tuple[Follower, Follower], store: FakeStore
) -> None:
    """What nobody foresaw is logged by its kind, and the follower meets it again in its round."""
    first, second = workers
    store.append(1, 1)
    first.has_stored()

    def explode() -> None:
        raise ZeroDivisionError

    at_work(second).on_observe = explode
    with capture_logs() as logs:
        second.keep_up()
        second.keep_up()
    assert [(line["event"], line["cause"]) for line in logs] == [("counted_later", "ZeroDivisionError")]


def test_calls_that_wait_for_the_same_read_once(workers: tuple[Follower, Follower], store: FakeStore) -> None:
    """Who waited while another call read what was told finds it read."""
    first, second = workers
    store.append(1, 1)
    first.has_stored()
    reads: list[None] = []
    store.before_read = lambda: reads.append(None)
    with ThreadPoolExecutor(4) as pool:
        calls: list[Future[None]] = []

        def meanwhile() -> None:
            at_work(second).on_observe = lambda: None
            calls.extend(pool.submit(second.keep_up) for _ in range(4))

        at_work(second).on_observe = meanwhile
        second.keep_up()
        for call in calls:
            call.result(DEADLINE)
    assert len(calls) == 4
    assert len(reads) == 1


def test_a_call_waits_only_so_long(
    workers: tuple[Follower, Follower], store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another thread takes its time to read, a call is answered from what is known."""
    first, second = workers
    monkeypatch.setattr("recommendations.following.follower.PATIENCE_SECONDS", 0.01)
    store.append(1, 1)
    first.has_stored()
    logged: list[str] = []

    def meanwhile() -> None:
        with ThreadPoolExecutor(1) as pool, capture_logs() as logs:
            pool.submit(second.keep_up).result(DEADLINE)
        logged.extend(line["event"] for line in logs)

    at_work(second).on_observe = meanwhile
    second.keep_up()
    assert logged == ["counted_later"]
    assert at_work(second).observed == store.events


def test_what_readers_did_waits_for_the_next_round(workers: tuple[Follower, Follower], store: FakeStore) -> None:
    """No call waits for it: with many writers every call would have to read."""
    first, second = workers
    store.append(1, 1)
    first.has_recorded()
    second.keep_up()
    assert at_work(second).observed == []
    second.step()
    assert at_work(second).observed == store.events


def test_the_next_round_comes_sooner_where_another_worker_mentions_something(
    workers: tuple[Follower, Follower], store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The follower does not rest until the store is to be asked anyway."""
    first, second = workers
    monkeypatch.setattr("recommendations.following.follower.POLL_SECONDS", 10 * DEADLINE)
    stop, rounds, observed = threading.Event(), threading.Event(), threading.Event()
    at_work(second).on_observe = observed.set
    store.before_read = rounds.set
    running = threading.Thread(target=second.run, args=(stop, lambda: None))
    running.start()
    try:
        assert rounds.wait(DEADLINE)
        store.append(1, 1)
        first.has_recorded()
        assert observed.wait(DEADLINE)
    finally:
        stop.set()
        running.join(DEADLINE)
    assert not running.is_alive()
