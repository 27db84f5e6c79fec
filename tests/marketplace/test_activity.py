"""Tests of marketplace.activity."""

import pytest

from marketplace.activity import Activity
from marketplace.domain import NOBODY, StoreUnavailable
from marketplace.store import Store, open_store
from tests.marketplace.fakes import NOON


class Wakings:
    """Notes how many events waited each time that the relay was woken."""

    def __init__(self, store: Store) -> None:
        self.waiting: list[int] = []
        self._store = store

    def __call__(self) -> None:
        with self._store.read() as work:
            self.waiting.append(work.outbox.length().waiting)


def test_the_relay_is_woken_after_each_commit(store: Store) -> None:
    """When it is woken the event can be seen already, on either database."""
    wakings = Wakings(store)
    activity = Activity(store, wake=wakings, clock=lambda: NOON)
    reader_id = activity.clicked(NOBODY, 7, "list-1")
    activity.viewed(reader_id, 7)
    assert wakings.waiting == [1, 2]


def test_nobody_wakes_nobody(sqlite_store: Store) -> None:
    """A view without a reader, or by one whom the shop does not know, writes nothing."""
    wakings = Wakings(sqlite_store)
    activity = Activity(sqlite_store, wake=wakings, clock=lambda: NOON)
    activity.viewed(NOBODY, 7)
    activity.viewed(1_000_000_000, 7)
    assert wakings.waiting == []


def test_ids_of_events_say_what_they_are_about(sqlite_store: Store) -> None:
    """A click is named for its list and a view for its day in UTC, so that repetitions have the same id."""
    activity = Activity(sqlite_store, wake=lambda: None, clock=lambda: NOON)
    reader_id = activity.clicked(NOBODY, 7, "list-1")
    activity.viewed(reader_id, 7)
    with sqlite_store.read() as work:
        ids = [row.interaction().id for row in work.outbox.waiting(10)]
    assert ids == ["click-1000000000-7-list-1", "view-1000000000-7-2026-03-01"]


def test_a_guest_and_their_click_come_together_or_not_at_all(sqlite_store: Store) -> None:
    """When the event cannot be written there is no reader either."""
    with sqlite_store.engine.connect() as connection:
        connection.exec_driver_sql("DROP TABLE outbox")
        connection.commit()
    with pytest.raises(StoreUnavailable):
        Activity(sqlite_store, wake=lambda: None).clicked(NOBODY, 7, "shop")
    with sqlite_store.read() as work:
        assert not work.readers.exists(1_000_000_000)


def test_readers_of_one_database_keep_their_id(sqlite_store: Store) -> None:
    """A known reader's click makes no second one."""
    activity = Activity(sqlite_store, wake=lambda: None)
    first = activity.clicked(NOBODY, 7, "shop")
    assert activity.clicked(first, 8, "shop") == first
    assert activity.clicked(NOBODY, 8, "shop") == first + 1


def test_a_store_that_is_closed_opens_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What was committed is on disk."""
    url = f"sqlite:///{tmp_path_factory.mktemp('shop') / 'shop.db'}"
    first = open_store(url)
    first.migrate()
    reader_id = Activity(first, wake=lambda: None).clicked(NOBODY, 7, "shop")
    first.close()
    second = open_store(url)
    with second.read() as work:
        assert work.readers.exists(reader_id)
    second.close()
