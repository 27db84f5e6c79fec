"""Placing, paying and cancelling orders."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from marketplace.domain.books import Book
from marketplace.domain.errors import CartChanged, KeyReused, NotSignedIn, OpenOrders, OrderNotFound, StateConflict
from marketplace.domain.events import Message, PaymentRequested, PaymentWithdrawn
from marketplace.domain.interactions import Interaction, InteractionKind
from marketplace.domain.money import Money
from marketplace.domain.orders import Actor, Address, OrderState, ShownLine, is_order_id
from marketplace.store import Store
from marketplace.usecases.activity import Activity
from marketplace.usecases.carts import Carts
from marketplace.usecases.orders import Orders, change_state
from tests.marketplace.fakes import NOON
from tests.marketplace.ordering import ADDRESS, accounts_of, buyer_of
from tests.marketplace.stored import events_of, put, sent

DUNE = Book(id=20, title="Dune", price=Money(999, "EUR"), stock=10)
EMMA = Book(id=21, title="Emma", price=Money(500, "EUR"))
FREE = Book(id=22, title="Free", price=Money(0, "EUR"), stock=1)


class Shop:
    """The use cases of a shop with three books."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.carts = Carts(store, Activity(store, wake=lambda: None))
        self.orders = Orders(store)
        put(store, DUNE, EMMA, FREE)

    def account(self, name: str = "ann") -> int:
        return buyer_of(self.store, f"{name}@example.com")

    def fill(self, reader_id: int, *books: tuple[int, int]) -> tuple[ShownLine, ...]:
        for book_id, quantity in books:
            self.carts.add(reader_id, book_id, quantity, "")
        return self.carts.of(reader_id).shown

    def placed(self, reader_id: int, *books: tuple[int, int], key: str = "key") -> str:
        return self.orders.place(reader_id, key, ADDRESS, self.fill(reader_id, *books))

    def change_state(self, order_id: str, to: OrderState, by: Actor = Actor.PROVIDER) -> bool:
        with self.store.write() as work:
            changed = change_state(work, order_id, to, by=by, moment=NOON)
            work.commit()
        return changed

    def stock(self, book_id: int) -> int | None:
        with self.store.read() as work:
            return work.books.get(book_id).stock

    def events(self) -> list[Message]:
        return events_of(self.store)

    def sent(self, kind: InteractionKind) -> list[Interaction]:
        return [event for event in sent(self.store) if event.kind is kind]


@pytest.fixture
def shop(store: Store) -> Shop:
    """A shop with three books."""
    return Shop(store)


def test_an_order_has_the_cart(shop: Shop) -> None:
    """The stock is reduced, the cart emptied, and the payment requested."""
    ann = shop.account()
    order_id = shop.placed(ann, (20, 2), (21, 1))
    with shop.store.read() as work:
        order = work.orders.get_of(ann, order_id)
    assert is_order_id(order.id)
    assert [(line.title, line.quantity, line.price.minor, line.taken) for line in order.lines] == [
        ("Dune", 2, 999, 2),
        ("Emma", 1, 500, 0),
    ]
    assert (order.total, order.state, order.address, order.email) == (
        Money(2498, "EUR"),
        OrderState.PLACED,
        ADDRESS,
        "ann@example.com",
    )
    assert [(change.state, change.by) for change in order.changes] == [(OrderState.PLACED, Actor.READER)]
    assert shop.stock(20) == 8
    assert shop.carts.of(ann).lines == ()
    assert PaymentRequested(order_id, Money(2498, "EUR")) in shop.events()


def test_parallel_checkouts_with_one_key_are_one_order(shop: Shop) -> None:
    """Fifty concurrent calls return the same order, and the stock is taken once."""
    ann = shop.account()
    shown = shop.fill(ann, (20, 2))
    with ThreadPoolExecutor(10) as pool:
        placed = list(pool.map(lambda _: shop.orders.place(ann, "key", ADDRESS, shown), range(50)))
    assert len(set(placed)) == 1
    assert shop.stock(20) == 8
    with shop.store.read() as work:
        assert work.orders.count(ann) == 1


@pytest.mark.parametrize(
    "other",
    [lambda shown: (replace(ADDRESS, city="Bath"), shown), lambda shown: (ADDRESS, ())],
    ids=["address", "lines"],
)
def test_a_reused_key_with_another_body_is_rejected(
    shop: Shop, other: Callable[[tuple[ShownLine, ...]], tuple[Address, tuple[ShownLine, ...]]]
) -> None:
    """The error names the order that was placed with the key, and nothing is ordered."""
    ann = shop.account()
    shown = shop.fill(ann, (20, 2))
    order_id = shop.orders.place(ann, "key", ADDRESS, shown)
    shop.fill(ann, (20, 2))
    with pytest.raises(KeyReused) as refused:
        shop.orders.place(ann, "key", *other(shown))
    assert refused.value.order_id == order_id
    assert shop.stock(20) == 8


def test_keys_of_different_readers_are_different(shop: Shop) -> None:
    """Two readers may send the same key."""
    assert shop.placed(shop.account("ann"), (20, 1)) != shop.placed(shop.account("bob"), (20, 1))


@pytest.mark.slow
def test_ten_copies_are_sold_to_ten_buyers(shop: Shop) -> None:
    """Of a hundred concurrent orders for one copy ten succeed."""
    readers = [shop.account(f"reader{number}") for number in range(100)]
    shown = [shop.fill(reader, (20, 1)) for reader in readers]

    def buy(i: int) -> bool:
        try:
            shop.orders.place(readers[i], "key", ADDRESS, shown[i])
        except CartChanged:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(buy, range(100))) == 10
    assert shop.stock(20) == 0


def test_only_what_was_shown_is_ordered(shop: Shop) -> None:
    """An empty cart or another price or quantity is not ordered."""
    ann = shop.account()
    with pytest.raises(CartChanged):
        shop.orders.place(ann, "nothing", ADDRESS, ())
    shown = shop.fill(ann, (20, 1), (21, 1))
    put(shop.store, replace(EMMA, price=Money(501, "EUR")))
    with pytest.raises(CartChanged):
        shop.orders.place(ann, "price", ADDRESS, shown)
    shop.carts.set_quantity(ann, 20, 2)
    with pytest.raises(CartChanged):
        shop.orders.place(ann, "copies", ADDRESS, shop.carts.of(ann).shown[1:])
    assert shop.stock(20) == 10
    assert len(shop.carts.of(ann).lines) == 2


def test_a_guest_orders_nothing(shop: Shop) -> None:
    """An order needs an account."""
    guest = shop.carts.add(0, 20, 1, "")
    with pytest.raises(NotSignedIn):
        shop.placed(guest)
    assert shop.stock(20) == 10


def test_a_free_order_is_paid_at_once(shop: Shop) -> None:
    """No payment is requested."""
    ann = shop.account()
    order_id = shop.placed(ann, (22, 1))
    with shop.store.read() as work:
        assert work.orders.get(order_id).state is OrderState.PAID
    assert not [event for event in shop.events() if isinstance(event, PaymentRequested)]
    assert len(shop.sent(InteractionKind.PURCHASE)) == 1


def test_a_paid_order_records_its_purchases_once(shop: Shop) -> None:
    """Even if the provider calls repeatedly; each book has the list that led to it."""
    ann = shop.account()
    shop.carts.add(ann, 20, 2, "list-1")
    order_id = shop.placed(ann, (21, 1))
    assert [shop.change_state(order_id, OrderState.PAID) for _ in range(3)] == [True, False, False]
    bought = shop.sent(InteractionKind.PURCHASE)
    assert {(event.book_id, event.recommendation_id) for event in bought} == {(20, "list-1"), (21, "")}
    assert len(bought) == 2


@pytest.mark.parametrize("end", [OrderState.REJECTED, OrderState.CANCELLED])
def test_a_cancelled_or_rejected_order_is_restocked_once(shop: Shop, end: OrderState) -> None:
    """A stock that is not tracked stays so."""
    order_id = shop.placed(shop.account(), (20, 3), (21, 1))
    assert shop.stock(20) == 7
    assert [shop.change_state(order_id, end), shop.change_state(order_id, end)] == [True, False]
    assert (shop.stock(20), shop.stock(21)) == (10, None)
    assert (PaymentWithdrawn(order_id) in shop.events()) is (end is OrderState.CANCELLED)


def test_a_reader_cancels_a_paid_order(shop: Shop) -> None:
    """It is refunded, restocked and its purchases undone; a second cancellation changes nothing."""
    ann = shop.account()
    order_id = shop.placed(ann, (20, 1))
    shop.change_state(order_id, OrderState.PAID)
    assert [shop.orders.cancel(ann, order_id), shop.orders.cancel(ann, order_id)] == [True, False]
    assert shop.stock(20) == 10
    assert [event.undoes for event in shop.sent(InteractionKind.UNDO)] == [f"purchase-{order_id}-20"]
    assert [event for event in shop.events() if isinstance(event, PaymentWithdrawn)] == [PaymentWithdrawn(order_id)]


def test_a_purchase_is_not_undone_twice(shop: Shop) -> None:
    """The reader may have removed it from their history before cancelling the order."""
    ann = shop.account()
    order_id = shop.placed(ann, (20, 1))
    shop.change_state(order_id, OrderState.PAID)
    Activity(shop.store, wake=lambda: None).undo(ann, f"purchase-{order_id}-20")
    shop.orders.cancel(ann, order_id)
    assert len(shop.sent(InteractionKind.UNDO)) == 1


def test_no_reader_cancels_anothers_order(shop: Shop) -> None:
    """To others the order does not exist."""
    order_id = shop.placed(shop.account("ann"), (20, 1))
    for stranger in (0, shop.account("bob")):
        with pytest.raises(OrderNotFound):
            shop.orders.cancel(stranger, order_id)
    with pytest.raises(OrderNotFound):
        shop.orders.cancel(0, "no order\0")


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ((), OrderState.SHIPPED),
        ((), OrderState.DELIVERED),
        ((OrderState.PAID,), OrderState.REJECTED),
        ((OrderState.PAID,), OrderState.PLACED),
        ((OrderState.REJECTED,), OrderState.PAID),
        ((OrderState.CANCELLED,), OrderState.PAID),
        ((OrderState.PAID, OrderState.SHIPPED), OrderState.CANCELLED),
        ((OrderState.PAID, OrderState.SHIPPED, OrderState.DELIVERED), OrderState.SHIPPED),
    ],
)
def test_invalid_changes_of_state_are_refused(shop: Shop, path: tuple[OrderState, ...], to: OrderState) -> None:
    """Nothing else changes."""
    order_id = shop.placed(shop.account(), (20, 1))
    for state in path:
        shop.change_state(order_id, state)
    before = (shop.stock(20), shop.events())
    with pytest.raises(StateConflict):
        shop.change_state(order_id, to)
    assert (shop.stock(20), shop.events()) == before


def test_a_deleted_reader_leaves_anonymous_orders(shop: Shop) -> None:
    """A reader with open orders cannot be deleted; afterwards their orders have no name, address or e-mail."""
    ann = shop.account()
    order_id = shop.placed(ann, (20, 1))
    with pytest.raises(OpenOrders):
        accounts_of(shop.store).forget(ann, "correct horse")
    shop.orders.cancel(ann, order_id)
    accounts_of(shop.store).forget(ann, "correct horse")
    with shop.store.read() as work:
        order = work.orders.get(order_id)
    assert (order.reader_id, order.address, order.email) == (None, None, "")
    assert order.lines[0].title == "Dune"
