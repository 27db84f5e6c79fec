"""The export and the complete deletion of a reader's data."""

from pathlib import Path

import pytest
from sqlalchemy import text

from marketplace.domain.accounts import Account, LinkPurpose
from marketplace.domain.books import Book
from marketplace.domain.errors import NoticesUnavailable
from marketplace.domain.ids import NOBODY
from marketplace.domain.interactions import InteractionKind
from marketplace.domain.money import Money
from marketplace.store import Store
from marketplace.usecases.activity import Activity, forget_reader
from marketplace.usecases.carts import Carts
from marketplace.usecases.export import export
from marketplace.usecases.orders import Orders
from tests.marketplace.fakes import NOON
from tests.marketplace.ordering import ADDRESS, buyer_of, order_of
from tests.marketplace.stored import put, sent
from tests.parameters import allow_parameters


def test_the_export_is_complete(store: Store) -> None:
    """Account and links without their secrets, history with titles and stars, wishlist, cart and orders."""
    put(store, Book(id=7, title="Dune"), Book(id=8, title="Emma", price=Money(500, "EUR")))
    activity = Activity(store, wake=lambda: None, clock=lambda: NOON)
    action = activity.rate(NOBODY, 7, 9, "list-1")
    activity.add_to_wishlist(action.reader_id, 8)
    account = Account(
        reader_id=action.reader_id,
        email="ann@example.com",
        password_hash="secret-hash",
        session_key="secret-key",
        language="ru",
    )
    with store.write() as work:
        work.accounts.add(account, NOON)
        work.accounts.confirm_email(account.reader_id, account.email, NOON)
        work.links.put("secret-token", account.reader_id, LinkPurpose.EMAIL, "new@example.com", NOON)
        work.commit()
    carts, orders = Carts(store, activity), Orders(store, clock=lambda: NOON)
    carts.add(action.reader_id, 8, 2, "")
    order_id = orders.place(action.reader_id, "key", ADDRESS, carts.of(action.reader_id).shown)
    carts.add(action.reader_id, 8, 1, "")
    in_cart = [event for event in sent(store) if event.kind is InteractionKind.CART]
    moment = "2026-03-01T12:00:00+00:00"
    assert export(store, action.reader_id, lambda _reader: [{"kind": "order_paid"}]) == {
        "reader_id": action.reader_id,
        "email": "ann@example.com",
        "language": "ru",
        "email_confirmed_at": moment,
        "links_sent": [
            {
                "purpose": "email",
                "email": "new@example.com",
                "created_at": moment,
                "expires_at": "2026-03-08T12:00:00+00:00",
            }
        ],
        "history": [
            *(
                {"id": event.id, "book_id": 8, "title": "Emma", "kind": "cart", "occurred_at": moment}
                for event in sorted(in_cart, key=lambda event: event.id)
            ),
            {
                "id": action.interaction.id,
                "book_id": 7,
                "title": "Dune",
                "kind": "rating",
                "stars": 4.5,
                "recommendation_id": "list-1",
                "occurred_at": moment,
            },
        ],
        "wishlist": [{"book_id": 8, "title": "Emma", "added_at": moment}],
        "cart": [{"book_id": 8, "title": "Emma", "quantity": 1}],
        "conversations": [],
        "orders": [
            {
                "id": order_id,
                "placed_at": moment,
                "state": "placed",
                "email": "ann@example.com",
                "address": {
                    "name": "Ann Reader",
                    "street": "1 High Street",
                    "city": "Oxford",
                    "region": "",
                    "postal_code": "OX1 1AA",
                    "country": "GB",
                },
                "total": {"minor": 1000, "currency": "EUR"},
                "books": [{"book_id": 8, "title": "Emma", "quantity": 2, "price": {"minor": 500, "currency": "EUR"}}],
                "changes": [{"state": "placed", "at": moment}],
            }
        ],
        "mails": [{"kind": "order_paid"}],
    }


def no_mails(_reader_id: int) -> list[object]:
    """Notices keeps nothing."""
    return []


def test_the_export_says_when_mails_are_missing(store: Store) -> None:
    """Notices does not answer: everything else is exported."""

    def fail(_reader_id: int) -> list[object]:
        raise NoticesUnavailable("no response")

    exported = export(store, buyer_of(store), fail)
    assert "mails" not in exported
    assert "did not answer" in exported["mails_missing"]
    assert exported["email"] == "ann@example.com"


def test_the_export_has_any_number_of_books_and_orders(sqlite_store: Store) -> None:
    """More than a statement may have parameters: SQLite allows 32,766, or fewer as here."""
    ann = buyer_of(sqlite_store)
    put(
        sqlite_store, *(Book(id=number, title=f"Volume {number}", price=Money(500, "EUR")) for number in range(1, 31))
    )
    for number in range(1, 31):
        order_of(sqlite_store, ann, number)
    allow_parameters(sqlite_store.engine, 24)
    exported = export(sqlite_store, ann, no_mails)
    assert {book["title"] for book in exported["history"]} == {f"Volume {number}" for number in range(1, 31)}
    assert [len(order["books"]) for order in exported["orders"]] == [1] * 30


def test_the_export_has_no_data_of_others(store: Store) -> None:
    """A reader without data exports nothing."""
    put(store, Book(id=7, title="Dune"))
    activity = Activity(store, wake=lambda: None)
    activity.rate(NOBODY, 7, 9, "")
    other = activity.add_to_wishlist(NOBODY, 7)
    assert export(store, other, no_mails)["history"] == []


def account_with_history(store: Store, email: str) -> tuple[int, str]:
    """A new account that has rated a book and has it on its wishlist; returns the ids of reader and rating."""
    activity = Activity(store, wake=lambda: None, clock=lambda: NOON)
    action = activity.rate(NOBODY, 7, 9, "list-1")
    activity.add_to_wishlist(action.reader_id, 7)
    account = Account(
        reader_id=action.reader_id, email=email, password_hash=f"hash-{email}", session_key=f"key-{email}"
    )
    with store.write() as work:
        work.accounts.add(account, NOON)
        work.commit()
    return action.reader_id, action.interaction.id


@pytest.fixture
def forgotten(store: Store) -> str:
    """The id of a deleted reader's rating; the database's statistics were collected before."""
    put(store, Book(id=7, title="Dune"))
    for number in range(20):
        account_with_history(store, f"stays{number}@example.com")
    reader_id, interaction_id = account_with_history(store, "goes@example.com")
    store.refresh_statistics()
    with store.write() as work:
        forget_reader(work, reader_id, NOON)
        work.commit()
    return interaction_id


def test_no_rows_and_statistics_are_left(store: Store, forgotten: str) -> None:
    """Only the event for Recommendations is; other readers' data stay."""
    with store.read() as work:
        assert work.accounts.by_email("goes@example.com") is None
        assert work.accounts.by_email("stays3@example.com") is not None
        assert forgotten not in str([row.payload for row in work.outbox.waiting(100)])
    if store.engine.dialect.name == "postgresql":
        with store.engine.connect() as connection:
            known = str(connection.execute(text("SELECT pg_stats::text FROM pg_stats")).all())
        assert "public,wishes,added_at" in known
        assert "example.com" not in known
        assert forgotten not in known


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_no_byte_is_left(store: Store, forgotten: str) -> None:
    """SQLite overwrites deleted data in its file."""
    store.close()
    file = Path(store.engine.url.database or "")
    content = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
    assert b"stays3@example.com" in content
    assert b"goes@example.com" not in content
    assert forgotten.encode() not in content
