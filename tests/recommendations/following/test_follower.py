"""The following thread survives failures, and calls never wait for it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from math import inf

import pytest
from structlog.testing import capture_logs

from recommendations.domain.errors import StoreUnavailable
from recommendations.following.follower import Follower
from recommendations.following.notifications import SharedNotifications
from servicekit.deadline import deadline
from tests.recommendations.fakes import FakeModels, fail
from tests.recommendations.following.conftest import DEADLINE, in_use
from tests.recommendations.stores import HookedStore, book


def test_a_failing_store_is_logged_when_it_begins_and_ends(follower: Follower, store: HookedStore) -> None:
    """An outage is one line, the model stays in use, and later the missed events are applied."""
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
    assert in_use(follower).observed == store.events


def test_after_an_unexpected_failure_the_next_round_comes(follower: Follower, store: HookedStore) -> None:
    """An unexpected exception is logged, and the next round applies the event that it failed on."""
    follower.step()
    event = store.append(1, 1)

    def explode() -> None:
        raise ZeroDivisionError

    in_use(follower).on_observe = explode
    with capture_logs() as logs:
        follower.step()
    assert [line["event"] for line in logs] == ["following_failed"]
    in_use(follower).on_observe = lambda: None
    follower.step()
    assert in_use(follower).observed == [event]


def test_it_follows_until_it_is_stopped(follower: Follower, store: HookedStore) -> None:
    """It calls `on_ready` once, applies new events, and ends when `stop` is set."""
    store.versions = []
    stop, ready, observed = threading.Event(), threading.Event(), threading.Event()
    announced: list[str] = []

    def on_ready() -> None:
        announced.append(follower.model.version)
        in_use(follower).on_observe = observed.set
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


@pytest.fixture
def workers(store: HookedStore) -> tuple[Follower, Follower]:
    """The followers of two workers over one store, with a model in use."""
    notifications = SharedNotifications(2)
    first, second = (Follower(store, FakeModels(), notifications=notifications.of(number)) for number in range(2))
    first.step()
    second.step()
    return first, second


def test_a_write_counts_at_once_here_and_in_other_workers_with_the_next_round(
    workers: tuple[Follower, Follower], store: HookedStore
) -> None:
    """This holds for events, changed books and retired readers, whichever worker stored them."""
    for title, (writer, other) in enumerate((workers, workers[::-1]), start=2):
        store.append(1, 10)
        store.put(book(title))
        store.retire(3 + title, 3)
        writer.after_write()
        assert (in_use(writer).observed, title in in_use(writer).books) == (store.events, True)
        assert (writer.reader(3 + title), other.reader(3 + title)) == (3, 3 + title)
        assert title not in in_use(other).books
        other.step()
        assert (in_use(other).observed, in_use(other).books) == (store.events, in_use(writer).books)
        assert other.reader(3 + title) == 3


def test_calls_do_not_wait_for_the_store(follower: Follower, store: HookedStore) -> None:
    """The model and the readers can be read while the follower hangs with its lock held."""
    follower.step()
    hanging, released = threading.Event(), threading.Event()

    def hang() -> None:
        hanging.set()
        assert released.wait(DEADLINE)

    in_use(follower).on_observe = hang
    store.append(1, 1)
    with ThreadPoolExecutor(2) as pool:
        following = pool.submit(follower.step)
        assert hanging.wait(DEADLINE)
        answer = pool.submit(lambda: (follower.ready, follower.model.version, follower.reader(1)))
        try:
            assert answer.result(DEADLINE) == (True, "m1", 1)
        finally:
            released.set()
        following.result(DEADLINE)


def test_a_write_waits_for_the_hanging_follower_until_its_deadline(follower: Follower, store: HookedStore) -> None:
    """Then it raises StoreUnavailable, and the event is applied once the store answers again."""
    follower.step()
    failures: list[type[Exception]] = []

    def write() -> None:
        in_use(follower).on_observe = lambda: None
        with deadline(0.05), pytest.raises(StoreUnavailable) as caught:
            follower.after_write()
        failures.append(caught.type)

    with ThreadPoolExecutor(1) as pool:
        in_use(follower).on_observe = lambda: pool.submit(write).result(DEADLINE)
        store.append(1, 1)
        follower.step()
    assert failures == [StoreUnavailable]
    assert in_use(follower).observed == store.events


def test_the_age_is_that_of_the_last_complete_read(store: HookedStore, models: FakeModels) -> None:
    """It grows while the store fails or hangs, and does not depend on whether a model can be loaded."""
    moments = [100.0]
    follower = Follower(store, models, clock=lambda: moments[0])
    assert follower.age() == inf
    models.broken.add("m1")

    def take_three_seconds() -> None:
        moments[0] = 103.0

    store.before_read = take_three_seconds
    follower.step()
    assert follower.age() == 3.0
    store.before_read = fail
    moments[0] = 110.0
    follower.step()
    assert follower.age() == 10.0


def test_a_notification_brings_the_next_round_forward(
    workers: tuple[Follower, Follower], store: HookedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The follower does not wait for its next regular poll."""
    first, second = workers
    monkeypatch.setattr("recommendations.following.follower.POLL_SECONDS", 10 * DEADLINE)
    stop, rounds, observed = threading.Event(), threading.Event(), threading.Event()
    in_use(second).on_observe = observed.set
    store.before_read = rounds.set
    running = threading.Thread(target=second.run, args=(stop, lambda: None))
    running.start()
    try:
        assert rounds.wait(DEADLINE)
        store.append(1, 1)
        # The others are notified even if the store fails afterwards: the event is stored.
        with deadline(0.0), suppress(StoreUnavailable):
            first.after_write()
        assert observed.wait(DEADLINE)
    finally:
        stop.set()
        running.join(DEADLINE)
    assert not running.is_alive()
