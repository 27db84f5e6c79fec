"""What moderators see of the shop: tables of its books and orders, and the log of what moderators did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar

from marketplace.domain.books import Book, Card
from marketplace.domain.money import Money
from marketplace.domain.orders import OrderState

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class TablePage(Generic[Row]):
    """One page of a table; `total` counts what paging can reach, `more` says that there are yet more."""

    rows: tuple[Row, ...]
    total: int
    has_more: bool = False


class BookFilter(Enum):
    """Which books a table shows; its value is what stands in an address."""

    ALL = "all"
    OFFERED = "offered"
    SOLD_OUT = "sold-out"
    HIDDEN = "hidden"


class BookColumn(Enum):
    """What a table of books is sorted by; its value is what stands in an address."""

    TITLE = "title"
    ID = "id"
    PRICE = "price"
    STOCK = "stock"
    READERS = "readers"


@dataclass(frozen=True, slots=True)
class BookRow:
    """A book in a table."""

    card: Card
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class CatalogueBook:
    """A book of the catalogue, whether or not readers see it."""

    book: Book
    is_hidden: bool


class OrderColumn(Enum):
    """What a table of orders is sorted by; its value is what stands in an address."""

    TOTAL = "total"
    PLACED = "placed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order in a table; `email`, `name` and `city` are empty once its reader is forgotten."""

    id: str
    email: str
    name: str
    city: str
    total: Money
    state: OrderState
    placed_at: datetime


class Action(Enum):
    """What a moderator did; its value is what the log has."""

    BOOK_ADDED = "book added"
    BOOK_CHANGED = "book changed"
    BOOK_HIDDEN = "book hidden"
    BOOK_SHOWN = "book shown"
    BOOK_DELETED = "book deleted"
    BOOKS_IMPORTED = "books imported"
    ORDER_STATE_CHANGED = "order moved"
    EVENT_RETRIED = "event retried"
    EVENTS_RETRIED = "events retried"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """That a moderator did something; `email` is None once they are forgotten."""

    at: datetime
    email: str | None
    action: Action
    subject: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How much waits for moderators."""

    awaiting_payment: int
    to_ship: int
    sold_out: int
    hidden: int
    failed_deliveries: int
