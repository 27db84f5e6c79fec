"""The export of a reader's data."""

from marketplace.domain.accounts import Account
from marketplace.domain.books import Book
from marketplace.domain.ids import NOBODY
from marketplace.domain.interactions import InteractionKind
from marketplace.domain.money import Money
from marketplace.domain.orders import Address
from marketplace.store import Store
from marketplace.usecases.activity import Activity
from marketplace.usecases.carts import Carts
from marketplace.usecases.export import export
from marketplace.usecases.orders import Orders
from tests.marketplace.fakes import NOON
from tests.marketplace.web.pages.reading import sent


def test_the_export_is_complete(store: Store) -> None:
    """Account without its secrets, history with titles and stars, wishlist, cart and orders."""
    with store.write() as work:
        work.books.put([Book(id=7, title="Dune"), Book(id=8, title="Emma", price=Money(500, "EUR"))])
        work.commit()
    activity = Activity(store, wake=lambda: None, clock=lambda: NOON)
    action = activity.rate(NOBODY, 7, 9, "list-1")
    activity.add_to_wishlist(action.reader_id, 8)
    account = Account(
        reader_id=action.reader_id, email="ann@example.com", password_hash="secret-hash", session_key="secret-key"
    )
    with store.write() as work:
        work.accounts.add(account, NOON)
        work.commit()
    carts, orders = Carts(store, activity), Orders(store, clock=lambda: NOON)
    carts.add(action.reader_id, 8, 2, "")
    address = Address(name="Ann", street="1 High Street", city="Oxford", postal_code="OX1 1AA", country="GB")
    order_id = orders.place(action.reader_id, "key", address, carts.of(action.reader_id).shown)
    carts.add(action.reader_id, 8, 1, "")
    in_cart = [each for each in sent(store) if each.kind is InteractionKind.CART]
    moment = "2026-03-01T12:00:00+00:00"
    assert export(store, action.reader_id) == {
        "reader_id": action.reader_id,
        "email": "ann@example.com",
        "history": [
            *(
                {"id": each.id, "book_id": 8, "title": "Emma", "kind": "cart", "occurred_at": moment}
                for each in sorted(in_cart, key=lambda each: each.id)
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
        "orders": [
            {
                "id": order_id,
                "placed_at": moment,
                "state": "placed",
                "email": "ann@example.com",
                "address": {
                    "name": "Ann",
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
    }


def test_the_export_has_no_data_of_others(store: Store) -> None:
    """A reader without data exports nothing."""
    with store.write() as work:
        work.books.put([Book(id=7, title="Dune")])
        work.commit()
    activity = Activity(store, wake=lambda: None)
    activity.rate(NOBODY, 7, 9, "")
    other = activity.add_to_wishlist(NOBODY, 7)
    assert export(store, other)["history"] == []
