"""Carts and orders: their lines, and the states of an order."""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from marketplace.domain.books import Book
from marketplace.domain.money import Money

MAX_QUANTITY = 99
"""Copies of one book in a cart."""
MAX_LINES = 100
"""Different books in an order. No more are added to a cart, but it can have more once a guest's cart is merged."""

# Crockford's base 32: no letter looks like a digit.
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ORDER_ID = re.compile(rf"[{_DIGITS}]{{4}}(?:-[{_DIGITS}]{{4}}){{2}}")


def new_order_id() -> str:
    """A random order number of 60 bits, `7K3M-9QXD-2TB4`, which does not reveal how many orders there are."""
    return "-".join("".join(secrets.choice(_DIGITS) for _ in range(4)) for _ in range(3))


def is_order_id(text: str) -> bool:
    """Whether `text` has the form of an order number."""
    return _ORDER_ID.fullmatch(text) is not None


class OrderState(Enum):
    """The state of an order; the value is stored in the database."""

    PLACED = "placed"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    """The payment was declined."""

    @property
    def is_final(self) -> bool:
        """Whether no other state can follow."""
        return not NEXT_STATES[self]


NEXT_STATES: Mapping[OrderState, frozenset[OrderState]] = {
    OrderState.PLACED: frozenset({OrderState.PAID, OrderState.REJECTED, OrderState.CANCELLED}),
    OrderState.PAID: frozenset({OrderState.SHIPPED, OrderState.CANCELLED}),
    OrderState.SHIPPED: frozenset({OrderState.DELIVERED}),
    OrderState.DELIVERED: frozenset(),
    OrderState.CANCELLED: frozenset(),
    OrderState.REJECTED: frozenset(),
}

OPEN_STATES = frozenset({OrderState.PLACED, OrderState.PAID})
"""Orders in these states must still be shipped, so the shop needs their address."""


class Actor(Enum):
    """Who changed an order's state; the value is stored in the database."""

    READER = "reader"
    PROVIDER = "provider"
    MODERATOR = "moderator"
    SHOP = "shop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A delivery address; `country` is an ISO 3166 code, `region` a state or province where addresses have one."""

    name: str
    street: str
    city: str
    region: str = ""
    postal_code: str = ""
    country: str


class LineProblem(Enum):
    """Why a line of a cart cannot be ordered as it is."""

    NOT_OFFERED = "gone"
    NOT_FOR_SALE = "not for sale"
    SOLD_OUT = "sold out"
    INSUFFICIENT_STOCK = "too few"
    OTHER_CURRENCY = "other currency"


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    """Copies of a book in a cart; `addition_key` is that of the request that last added some.

    `book` is None if it is no longer offered.
    """

    book_id: int
    quantity: int
    added_at: datetime
    recommendation_id: str = ""
    addition_key: str = ""
    book: Book | None = None
    problem: LineProblem | None = None

    @property
    def price(self) -> Money | None:
        return self.book.price if self.book else None

    @property
    def amount(self) -> Money | None:
        """The price of all copies."""
        return Money(self.price.minor * self.quantity, self.price.currency) if self.price else None


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A cart line as a page showed it to the reader."""

    book_id: int
    quantity: int
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """What a reader intends to order; the lines are in the order in which they were added."""

    lines: tuple[CartLine, ...] = ()

    @property
    def next_order(self) -> tuple[CartLine, ...]:
        """The lines of the next order; the others stay in the cart for a later one."""
        return self.lines[:MAX_LINES]

    @property
    def total(self) -> Money | None:
        """The price of the lines of the next order that can be ordered; None if none can."""
        amounts = [line.amount for line in self.next_order if line.amount and line.problem is None]
        return Money(sum(amount.minor for amount in amounts), amounts[0].currency) if amounts else None

    @property
    def is_orderable(self) -> bool:
        """Whether all lines of the next order can be ordered."""
        return bool(self.lines) and all(line.problem is None for line in self.next_order)

    @property
    def shown(self) -> tuple[ShownLine, ...]:
        """The priced lines of the next order as a page shows them, sorted by book."""
        lines = [ShownLine(line.book_id, line.quantity, line.price) for line in self.next_order if line.price]
        return tuple(sorted(lines, key=lambda line: line.book_id))


class Difference(Enum):
    """How a cart line differs from what the reader was shown."""

    PRICE = "price"
    QUANTITY = "quantity"
    ADDED = "added"


def differences(cart: Cart, shown: Iterable[ShownLine]) -> dict[int, tuple[Difference, ShownLine | None]]:
    """The differences by book id, each with the line as shown before; books that left the cart are omitted."""
    before = {line.book_id: line for line in shown}
    changes: dict[int, tuple[Difference, ShownLine | None]] = {}
    for line in cart.shown:
        old = before.get(line.book_id)
        if old is None:
            changes[line.book_id] = Difference.ADDED, None
        elif old.price != line.price:
            changes[line.book_id] = Difference.PRICE, old
        elif old.quantity != line.quantity:
            changes[line.book_id] = Difference.QUANTITY, old
    return changes


def priced_cart(lines: Iterable[CartLine], books: Mapping[int, Book]) -> Cart:
    """The cart of these lines, with their books if offered and the problems that prevent an order."""
    currency: str | None = None
    priced = []
    for line in lines:
        book = books.get(line.book_id)
        # The first priced book sets the currency of the order, even if it is sold out.
        if currency is None and book and book.price:
            currency = book.price.currency
        priced.append(replace(line, book=book, problem=_problem(book, line.quantity, currency)))
    return Cart(lines=tuple(priced))


def _problem(book: Book | None, quantity: int, currency: str | None) -> LineProblem | None:
    if book is None:
        return LineProblem.NOT_OFFERED
    if book.price is None:
        return LineProblem.NOT_FOR_SALE
    if currency != book.price.currency:
        return LineProblem.OTHER_CURRENCY
    if book.stock is not None and book.stock < quantity:
        return LineProblem.INSUFFICIENT_STOCK if book.stock else LineProblem.SOLD_OUT
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """An ordered book with the price of a copy; `taken` copies came out of its stock, 0 if that is not tracked."""

    book_id: int
    title: str
    price: Money
    quantity: int
    taken: int = 0
    recommendation_id: str = ""

    @property
    def amount(self) -> Money:
        """The price of all copies."""
        return Money(self.price.minor * self.quantity, self.price.currency)


@dataclass(frozen=True, slots=True)
class StateChange:
    """A change of an order's state."""

    state: OrderState
    at: datetime
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order; `reader_id` and `address` are None, and `email` is empty, once its reader is deleted."""

    id: str
    reader_id: int | None
    email: str
    address: Address | None
    lines: tuple[OrderLine, ...]
    total: Money
    state: OrderState
    placed_at: datetime
    changes: tuple[StateChange, ...] = ()
