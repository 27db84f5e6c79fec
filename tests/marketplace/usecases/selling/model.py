"""A model of the rules of selling: the carts, stocks and orders that a store should have."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from marketplace.domain.accounts import Account
from marketplace.domain.books import Book
from marketplace.domain.money import Money
from marketplace.domain.orders import OrderState
from marketplace.store import Store
from marketplace.usecases.activity import Activity
from marketplace.usecases.carts import Carts
from marketplace.usecases.orders import Orders
from tests.marketplace.fakes import NOON

_ids = count(1)


@dataclass
class Offer:
    """The price and stock of a book."""

    price: int | None
    currency: str
    stock: int | None


@dataclass
class Placed:
    """An order: by book copies and price, and the copies that came out of its stock."""

    reader: int | None
    lines: dict[int, tuple[int, int]]
    taken: dict[int, int]
    state: OrderState
    was_paid: bool = False


class SellingModel:
    """A shop of four books with two accounts and a guest, whose index is 2; `baskets` has copies and time by book."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.ticks = 0
        self.activity = Activity(store, wake=lambda: None, clock=self.now)
        self.carts = Carts(store, self.activity)
        self.orders = Orders(store, clock=self.now)
        first = next(_ids) * 10
        self.books = {
            first: Offer(999, "EUR", 3),
            first + 1: Offer(500, "EUR", None),
            first + 2: Offer(0, "EUR", 2),
            first + 3: Offer(700, "USD", 5),
        }
        with store.write() as work:
            work.books.put([self.book(book_id) for book_id in self.books])
            self.readers = [work.readers.add(NOON) for _ in range(3)]
            for number in range(2):
                account = Account(
                    reader_id=self.readers[number], email=f"{first}-{number}@b.org", password_hash="", session_key=""
                )
                work.accounts.add(account, NOON)
            work.commit()
        self.baskets: list[dict[int, tuple[int, int]]] = [{}, {}, {}]
        self.placed: dict[str, Placed] = {}
        self.keys: dict[tuple[int, str], tuple[str, Any]] = {}

    def now(self) -> datetime:
        self.ticks += 1
        return NOON + timedelta(seconds=self.ticks)

    def book(self, book_id: int) -> Book:
        offer = self.books[book_id]
        price = None if offer.price is None else Money(offer.price, offer.currency)
        return Book(id=book_id, title=f"Book {book_id}", price=price, stock=offer.stock)

    def lines_of(self, reader: int) -> list[tuple[int, int]]:
        """Books and copies, in the order in which they were added."""
        basket = self.baskets[reader]
        return [(id_, basket[id_][0]) for id_ in sorted(basket, key=lambda id_: (basket[id_][1], id_))]

    def currency_of(self, book_ids: list[int]) -> str | None:
        """The currency of the first book that has a price."""
        offers = [self.books[book_id] for book_id in book_ids]
        return next((offer.currency for offer in offers if offer.price is not None), None)

    def is_orderable(self, reader: int) -> bool:
        """Whether the whole cart can be ordered."""
        lines = self.lines_of(reader)
        currency = self.currency_of([book_id for book_id, _ in lines])
        return bool(lines) and all(
            (offer := self.books[book_id]).price is not None
            and offer.currency == currency
            and (offer.stock is None or offer.stock >= copies)
            for book_id, copies in lines
        )

    def add_order(self, reader: int, key: str, order_id: str, body: Any) -> None:
        assert order_id not in self.placed
        order = Placed(self.readers[reader], {}, {}, OrderState.PLACED)
        for book_id, copies in self.lines_of(reader):
            offer = self.books[book_id]
            assert offer.price is not None
            order.lines[book_id] = (copies, offer.price)
            if offer.stock is not None:
                offer.stock -= copies
                order.taken[book_id] = copies
        if not any(copies * price for copies, price in order.lines.values()):
            order.state, order.was_paid = OrderState.PAID, True
        self.baskets[reader].clear()
        self.placed[order_id] = order
        self.keys[reader, key] = (order_id, body)

    def change_state(self, order: Placed, to: OrderState) -> None:
        if order.state is to:
            return
        order.state = to
        order.was_paid |= to is OrderState.PAID
        if to in {OrderState.CANCELLED, OrderState.REJECTED}:
            for book_id, copies in order.taken.items():
                stock = self.books[book_id].stock
                if stock is not None:
                    self.books[book_id].stock = stock + copies
