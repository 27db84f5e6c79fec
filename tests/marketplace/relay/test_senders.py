"""What each destination receives for each kind of event."""

from threading import Barrier

import pytest
import structlog
from sqlalchemy import delete, insert, update

from marketplace.domain.books import Book
from marketplace.domain.errors import ProviderRefused, ProviderUnavailable, StoreUnavailable
from marketplace.domain.events import (
    PAYMENTS,
    PREVIEWS,
    RECOMMENDATIONS,
    BookChanged,
    Destination,
    PaymentRequested,
    PaymentWithdrawn,
    PreviewRequested,
    ReaderForgotten,
)
from marketplace.domain.money import Money
from marketplace.relay.lease import BackOff
from marketplace.relay.relay import MAX_ATTEMPTS
from marketplace.relay.senders import AT_ONCE
from marketplace.store import Store
from marketplace.store.schema import books, outbox
from tests.marketplace.fakes import NOON, Clock, FakeProvider, FakeRecorder
from tests.marketplace.relay.relaying import add_clicks, add_events, failures, payments, previews, raising, relay
from tests.marketplace.stored import execute, put

REQUESTED = PaymentRequested("7K3M-9QXD-2TB4", Money(1998, "EUR"))
WITHDRAWN = PaymentWithdrawn("7K3M-9QXD-2TB4")


def put_titles(store: Store, *titles: str) -> None:
    put(store, *(Book(id=number, title=title) for number, title in enumerate(titles, start=1)))


def hide(store: Store, book_id: int) -> None:
    execute(store, update(books).where(books.c.book_id == book_id).values(hidden=True))


def test_books_are_sent_in_their_current_state(store: Store) -> None:
    """A book that changed several times is sent once; a hidden or deleted book is removed."""
    put_titles(store, "Emma", "Ulysses", "Dune")
    add_events(store, *(BookChanged(book_id) for book_id in (1, 2, 1, 3, 4, 2)))
    put_titles(store, "Emma, revised")
    hide(store, 2)
    execute(store, delete(books).where(books.c.book_id == 3))
    recorder = FakeRecorder()
    assert relay(store, recorder).deliver() == 6
    assert recorder.calls == [["upsert 1"], ["remove 2", "remove 3", "remove 4"]]
    assert recorder.books == {1: Book(id=1, title="Emma, revised")}
    with store.read() as work:
        assert work.outbox.length().waiting == 0


def test_books_keep_their_order_among_interactions(store: Store) -> None:
    """Only consecutive changes are sent together."""
    put_titles(store, "Emma", "Ulysses")
    add_events(store, BookChanged(1), BookChanged(2))
    add_clicks(store, "a")
    add_events(store, BookChanged(1))
    recorder = FakeRecorder()
    relay(store, recorder).deliver()
    assert recorder.calls == [["upsert 1", "upsert 2"], ["a"], ["upsert 1"]]


def test_all_events_of_a_refused_book_fail(store: Store) -> None:
    """Each has the reason; events of other books are delivered."""
    put_titles(store, "Emma", "Ulysses")
    add_events(store, BookChanged(1), BookChanged(2), BookChanged(1))
    recorder = FakeRecorder()
    recorder.refuses = {"upsert 1"}
    with structlog.testing.capture_logs():
        relay(store, recorder).deliver()
    assert failures(store) == ["year", "year"]
    assert list(recorder.books) == [2]


def test_payments_are_sent_one_by_one_to_the_provider_only(store: Store) -> None:
    """In order; each destination receives its own events."""
    add_clicks(store, "a")
    add_events(store, REQUESTED, WITHDRAWN)
    provider, recorder = FakeProvider(), FakeRecorder()
    assert payments(store, provider).deliver() == 2
    assert provider.calls == ["request 7K3M-9QXD-2TB4 1998 EUR", "withdraw 7K3M-9QXD-2TB4"]
    assert recorder.calls == []
    assert relay(store, recorder).deliver() == 1
    assert recorder.calls == [["a"]]


def test_a_refused_payment_fails_and_the_next_is_sent(store: Store) -> None:
    """A refusal concerns one order."""
    add_events(store, REQUESTED, PaymentRequested("OTHER", Money(1, "EUR")))
    provider = FakeProvider()
    provider.before = raising(ProviderRefused("409 Conflict"))
    with structlog.testing.capture_logs():
        payments(store, provider).deliver()
    assert failures(store) == ["409 Conflict"]
    assert len(provider.calls) == 2


def test_payments_wait_while_the_provider_is_down(store: Store) -> None:
    """They do not fail, and they keep their order."""
    add_events(store, REQUESTED, WITHDRAWN)
    provider = FakeProvider()
    provider.before = raising(ProviderUnavailable("503"))
    with structlog.testing.capture_logs(), pytest.raises(BackOff):
        payments(store, provider).deliver()
    with store.read() as work:
        assert len(work.outbox.waiting(9, PAYMENTS)) == 2


class Fetchers:
    """Waits, for each link, until as many are being fetched as `at_once`; links in `fails` raise."""

    def __init__(self, at_once: int = 1) -> None:
        self.barrier = Barrier(at_once)
        self.fails: dict[str, Exception] = {}
        self.fetched: list[str] = []

    def fetch(self, link_id: str) -> None:
        self.barrier.wait(timeout=30)
        if link_id in self.fails:
            raise self.fails[link_id]
        self.fetched.append(link_id)


def test_links_are_fetched_several_at_a_time(store: Store) -> None:
    """So that slow sites do not add up; the next ones follow."""
    add_events(store, *(PreviewRequested(f"link-{number}") for number in range(2 * AT_ONCE)))
    fetcher = Fetchers(at_once=AT_ONCE)
    delivering = previews(store, fetcher)
    assert [delivering.deliver() for _ in range(3)] == [AT_ONCE, AT_ONCE, 0]
    assert sorted(fetcher.fetched) == sorted(f"link-{number}" for number in range(2 * AT_ONCE))
    assert sorted(fetcher.fetched[:AT_ONCE]) == [f"link-{number}" for number in range(AT_ONCE)]


def test_links_wait_while_the_shops_own_database_fails(store: Store) -> None:
    """They are in the outbox still."""
    add_events(store, PreviewRequested("link-1"))
    fetcher = Fetchers()
    fetcher.fails = {"link-1": StoreUnavailable("locked")}
    with pytest.raises(StoreUnavailable):
        previews(store, fetcher).deliver()
    with store.read() as work:
        assert len(work.outbox.waiting(9, PREVIEWS)) == 1


def test_a_link_that_breaks_the_shop_does_not_stop_the_others(store: Store) -> None:
    """A bug of ours is seen in the log and, after ten attempts, among the failed deliveries."""
    add_events(store, *(PreviewRequested(f"link-{number}") for number in range(3)))
    fetcher, clock = Fetchers(), Clock()
    fetcher.fails = {"link-1": ValueError("a bug")}
    delivering = previews(store, fetcher, clock=clock)
    with structlog.testing.capture_logs():
        for _ in range(MAX_ATTEMPTS - 1):
            with pytest.raises(BackOff):
                delivering.deliver()
            clock.seconds += 60
        delivering.deliver()
    assert failures(store) == ["failed 10 times, most recently: ValueError: a bug"]
    assert {"link-0", "link-2"} == set(fetcher.fetched)


@pytest.mark.parametrize("destination", [RECOMMENDATIONS, PAYMENTS, PREVIEWS])
def test_an_event_for_the_wrong_destination_fails(store: Store, destination: Destination) -> None:
    """It does not block the others."""
    payload = {"reader_id": 7, "order_id": "7K3M"}
    kind = "withdraw" if destination is RECOMMENDATIONS else "forget"
    with store.engine.connect() as connection:
        row = {"destination": destination.value, "kind": kind, "payload": payload, "created_at": NOON}
        connection.execute(insert(outbox).values(row))
        connection.commit()
    add_events(store, ReaderForgotten(8), REQUESTED, PreviewRequested("link-1"))
    fetcher = Fetchers()
    recorder, provider = FakeRecorder(), FakeProvider()
    with structlog.testing.capture_logs():
        relay(store, recorder).deliver()
        payments(store, provider).deliver()
        previews(store, fetcher).deliver()
    assert recorder.calls == [["forget 8"]]
    assert fetcher.fetched == ["link-1"]
    assert provider.calls == ["request 7K3M-9QXD-2TB4 1998 EUR"]
    assert len(failures(store)) == 1
