"""Carts and orders: what is in them, and the states that an order goes through."""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from marketplace.domain.books import Book
from marketplace.domain.money import Money

MAX_QUANTITY = 99
"""Of one book in a cart."""
MAX_LINES = 100
"""Different books in a cart."""

# Crockford's base 32: no letter looks like a digit, and no order spells a word.
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ORDER_ID = re.compile(rf"[{_DIGITS}]{{4}}(?:-[{_DIGITS}]{{4}}){{2}}")


def new_order_id() -> str:
    """A number for an order, `7K3M-9QXD-2TB4`, of 60 random bits.

    It tells nobody how much is sold, and no shop that begins anew gives one out again.
    """
    return "-".join("".join(secrets.choice(_DIGITS) for _ in range(4)) for _ in range(3))


def is_order_id(text: str) -> bool:
    """Whether `text` can be an order's number."""
    return _ORDER_ID.fullmatch(text) is not None


class OrderState(Enum):
    """How far an order is; its value is what the database has."""

    PLACED = "placed"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    """The payment was declined."""

    @property
    def is_final(self) -> bool:
        """Whether an order stays so for ever."""
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
"""The shop still needs to know where these go."""


class Actor(Enum):
    """Who changed an order's state; its value is what the database has."""

    READER = "reader"
    PROVIDER = "provider"
    MODERATOR = "moderator"
    SHOP = "shop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where an order goes; `country` is a code of ISO 3166, `region` a state or province where the post wants one."""

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
    """So many copies of a book; `book` is None where it is offered no more."""

    book_id: int
    quantity: int
    added_at: datetime
    recommendation_id: str = ""
    book: Book | None = None
    problem: LineProblem | None = None

    @property
    def price(self) -> Money | None:
        """Of one copy."""
        return self.book.price if self.book else None

    @property
    def amount(self) -> Money | None:
        """Of all copies."""
        return Money(self.price.minor * self.quantity, self.price.currency) if self.price else None


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of a cart as a page showed it to the reader."""

    book_id: int
    quantity: int
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Cart:
    """What a reader means to order, in the order in which it was put in."""

    lines: tuple[CartLine, ...] = ()

    @property
    def total(self) -> Money | None:
        """Of what can be ordered; None where nothing can."""
        amounts = [line.amount for line in self.lines if line.amount and line.problem is None]
        return Money(sum(each.minor for each in amounts), amounts[0].currency) if amounts else None

    @property
    def is_orderable(self) -> bool:
        """Whether it can be ordered as it is."""
        return bool(self.lines) and all(line.problem is None for line in self.lines)

    @property
    def shown(self) -> tuple[ShownLine, ...]:
        """What the reader sees of it, by book."""
        seen = [ShownLine(line.book_id, line.quantity, line.price) for line in self.lines if line.price]
        return tuple(sorted(seen, key=lambda each: each.book_id))


class Difference(Enum):
    """How a line of a cart differs from what the reader was shown."""

    PRICE = "price"
    QUANTITY = "quantity"
    ADDED = "added"


def differences(cart: Cart, shown: Iterable[ShownLine]) -> dict[int, tuple[Difference, ShownLine | None]]:
    """By book what is not as it was shown, with how that was; what is in the cart no more is not among them."""
    before = {each.book_id: each for each in shown}
    found: dict[int, tuple[Difference, ShownLine | None]] = {}
    for line in cart.shown:
        was = before.get(line.book_id)
        if was is None:
            found[line.book_id] = Difference.ADDED, None
        elif was.price != line.price:
            found[line.book_id] = Difference.PRICE, was
        elif was.quantity != line.quantity:
            found[line.book_id] = Difference.QUANTITY, was
    return found


def priced_cart(lines: Iterable[CartLine], books: Mapping[int, Book]) -> Cart:
    """The cart of these lines, with those of their books that are offered, and what is the trouble with each."""
    currency: str | None = None
    found = []
    for line in lines:
        book = books.get(line.book_id)
        # The first priced book says in which currency the order is, even if it is sold out.
        if currency is None and book and book.price:
            currency = book.price.currency
        found.append(replace(line, book=book, problem=_trouble(book, line.quantity, currency)))
    return Cart(lines=tuple(found))


def _trouble(book: Book | None, quantity: int, currency: str | None) -> LineProblem | None:
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
    """What was ordered of one book, at what price a copy; `taken` copies came out of a stock that is counted."""

    book_id: int
    title: str
    price: Money
    quantity: int
    taken: int = 0
    recommendation_id: str = ""

    @property
    def amount(self) -> Money:
        """Of all copies."""
        return Money(self.price.minor * self.quantity, self.price.currency)


@dataclass(frozen=True, slots=True)
class StateChange:
    """That an order came into a state, when and by whom."""

    state: OrderState
    at: datetime
    by: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order; `reader_id` and `address` are None, and `email` is empty, once its reader is forgotten."""

    id: str
    reader_id: int | None
    email: str
    address: Address | None
    lines: tuple[OrderLine, ...]
    total: Money
    state: OrderState
    placed_at: datetime
    changes: tuple[StateChange, ...] = ()
