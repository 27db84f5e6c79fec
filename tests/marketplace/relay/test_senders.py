"""What each destination receives for each kind of event."""

import pytest
import structlog
from sqlalchemy import delete, insert, update

from marketplace.domain.books import Book
from marketplace.domain.errors import ProviderRefused, ProviderUnavailable
from marketplace.domain.events import (
    PAYMENTS,
    RECOMMENDATIONS,
    BookChanged,
    Destination,
    PaymentRequested,
    PaymentWithdrawn,
    ReaderForgotten,
)
from marketplace.domain.money import Money
from marketplace.relay.lease import BackOff
from marketplace.store import Store
from marketplace.store.schema import books, outbox
from tests.marketplace.fakes import NOON, FakeProvider, FakeRecorder
from tests.marketplace.relay.relaying import add_clicks, add_events, failures, payments, raising, relay
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


@pytest.mark.parametrize("destination", [RECOMMENDATIONS, PAYMENTS])
def test_an_event_for_the_wrong_destination_fails(store: Store, destination: Destination) -> None:
    """It does not block the others."""
    payload = {"reader_id": 7, "order_id": "7K3M"}
    kind = "withdraw" if destination is RECOMMENDATIONS else "forget"
    with store.engine.connect() as connection:
        row = {"destination": destination.value, "kind": kind, "payload": payload, "created_at": NOON}
        connection.execute(insert(outbox).values(row))
        connection.commit()
    add_events(store, ReaderForgotten(8), REQUESTED)
    recorder, provider = FakeRecorder(), FakeProvider()
    with structlog.testing.capture_logs():
        relay(store, recorder).deliver()
        payments(store, provider).deliver()
    assert recorder.calls == [["forget 8"]]
    assert provider.calls == ["request 7K3M-9QXD-2TB4 1998 EUR"]
    assert len(failures(store)) == 1
