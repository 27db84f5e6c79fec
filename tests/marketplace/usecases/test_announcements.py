"""What the shop publishes."""

import pytest

from events import types
from marketplace.domain.books import Book
from marketplace.domain.money import Money
from marketplace.domain.orders import Actor, OrderState
from marketplace.store import Store
from marketplace.usecases.activity import Activity, forget_reader
from marketplace.usecases.announcements import announce_books
from marketplace.usecases.carts import Carts
from marketplace.usecases.orders import Orders, change_state
from tests.marketplace.fakes import NOON
from tests.marketplace.ordering import ADDRESS, accounts_of, buyer_of
from tests.marketplace.stored import events_of, notices_of, published, put

DUNE = Book(id=20, title="Dune", price=Money(999, "EUR"), stock=70)
FREE = Book(id=22, title="Free", price=Money(0, "EUR"))


def placed(store: Store, book: Book, quantity: int = 1) -> tuple[int, str]:
    """A new reader and their order."""
    put(store, book)
    reader_id = buyer_of(store, "ann@example.com")
    carts = Carts(store, Activity(store, wake=lambda: None))
    carts.add(reader_id, book.id, quantity, "")
    return reader_id, Orders(store).place(reader_id, "key", ADDRESS, carts.of(reader_id).shown)


def entered(store: Store, order_id: str, *states: OrderState) -> None:
    """Have an order enter one state after the other."""
    with store.write() as work:
        for state in states:
            change_state(work, order_id, state, by=Actor.MODERATOR, moment=NOON)
        work.commit()


def order_notices(store: Store) -> list[str]:
    """The kinds of mails about orders that are asked for."""
    return [notice.kind for notice in notices_of(store) if notice.order is not None]


def test_an_order_is_published_without_its_reader_s_address(store: Store) -> None:
    """Everybody gets the order; what notices alone receives has the address."""
    reader_id, order_id = placed(store, DUNE, 2)
    order, notice = published(store)[-2:]
    price = types.Amount(minor=999, currency="EUR")
    lines = (types.Line(book_id=20, title="Dune", quantity=2, price=price),)
    total = types.Amount(minor=1998, currency="EUR")
    assert order == types.OrderPlaced(order_id=order_id, reader_id=reader_id, by="reader", total=total, lines=lines)
    assert "ann@example.com" not in order.model_dump_json()
    assert ADDRESS.street not in order.model_dump_json() + notice.model_dump_json()
    assert notice == types.NoticeRequested(
        kind="order_placed",
        reader_id=reader_id,
        to="ann@example.com",
        shop_name="Online Books For You",
        path=f"/orders/{order_id}",
        order=types.Order(order_id=order_id, total=total, lines=lines),
    )


@pytest.mark.parametrize(
    ("states", "kinds"),
    [
        (
            [OrderState.PAID, OrderState.SHIPPED, OrderState.DELIVERED],
            ["paid", "shipped", "delivered"],
        ),
        ([OrderState.REJECTED], ["declined"]),
        ([OrderState.PAID, OrderState.CANCELLED], ["paid", "cancelled"]),
    ],
)
def test_every_state_is_published_and_mailed_once(store: Store, states: list[OrderState], kinds: list[str]) -> None:
    """Entering a state again publishes nothing."""
    _, order_id = placed(store, DUNE)
    entered(store, order_id, *states, states[-1])
    assert order_notices(store) == ["order_placed", *(f"order_{kind}" for kind in kinds)]


def test_a_free_order_is_paid_at_once(store: Store) -> None:
    """Placed comes before paid."""
    placed(store, FREE)
    assert order_notices(store) == ["order_placed", "order_paid"]


@pytest.mark.parametrize(
    ("stock", "quantity", "left"), [(7, 1, []), (7, 2, [5]), (7, 7, [0]), (5, 1, []), (None, 9, [])]
)
def test_low_stock_is_published_by_the_order_that_causes_it(
    store: Store, stock: int | None, quantity: int, left: list[int]
) -> None:
    """Not again by the next one, and not for a book whose stock is not tracked."""
    placed(store, Book(id=20, title="D" * 600, price=Money(999, "EUR"), stock=stock), quantity)
    low = [event for event in published(store) if isinstance(event, types.StockLow)]
    assert [event.stock for event in low] == left
    assert all(event.title == "D" * types.MAX_TEXT for event in low)


def test_readers_are_published_by_number(store: Store) -> None:
    """Merging a guest and deleting an account; the deletion survives the reader."""
    with store.write() as work:
        guest = work.readers.add(NOON)
        work.commit()
    account = accounts_of(store).sign_up(guest, "ann@example.com", "correct horse 7")
    with store.write() as work:
        forget_reader(work, account.reader_id, NOON)
        work.commit()
    assert types.ReadersMerged(reader_id=account.reader_id, from_reader=guest) in published(store)
    assert published(store)[-1] == types.ReaderDeleted(reader_id=account.reader_id)


def test_books_are_published_only_to_those_who_listen(store: Store) -> None:
    """Recommendations always learns of a change; without a destination for it no event is made."""
    put(store, DUNE)
    with store.write() as work:
        announce_books(work, [20, 21], moment=NOON)
        work.commit()
    assert len(events_of(store)) == 2
    assert published(store) == []
