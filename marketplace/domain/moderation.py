"""What moderators see: the tables of books and orders, the audit log, and the overview."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeVar

from marketplace.domain.books import Book, Card
from marketplace.domain.money import Money
from marketplace.domain.orders import OrderState

Row = TypeVar("Row")
OtherRow = TypeVar("OtherRow")


@dataclass(frozen=True, slots=True)
class TablePage(Generic[Row]):
    """One page of a table; paging reaches `total` rows, and `has_more` is whether there are others."""

    rows: tuple[Row, ...]
    total: int
    has_more: bool = False

    def with_rows(self, by_key: Mapping[Row, OtherRow]) -> "TablePage[OtherRow]":
        """The page with its rows, which are keys, replaced by their values; missing ones are left out."""
        return TablePage(tuple(by_key[key] for key in self.rows if key in by_key), self.total, self.has_more)


class BookFilter(Enum):
    """Which books a table shows; the value is used in URLs."""

    ALL = "all"
    OFFERED = "offered"
    SOLD_OUT = "sold-out"
    HIDDEN = "hidden"


class BookColumn(Enum):
    """What a table of books is sorted by; the value is used in URLs."""

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
    """A book of the catalogue, and whether it is hidden from readers."""

    book: Book
    is_hidden: bool


class OrderColumn(Enum):
    """What a table of orders is sorted by; the value is used in URLs."""

    TOTAL = "total"
    PLACED = "placed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order in a table; `email`, `name` and `city` are empty once its reader is deleted."""

    id: str
    email: str
    name: str
    city: str
    total: Money
    state: OrderState
    placed_at: datetime


class Action(Enum):
    """What a moderator did; the value is stored in the audit log."""

    BOOK_ADDED = "book added"
    BOOK_CHANGED = "book changed"
    BOOK_HIDDEN = "book hidden"
    BOOK_SHOWN = "book shown"
    BOOK_DELETED = "book deleted"
    BOOKS_IMPORTED = "books imported"
    ORDER_STATE_CHANGED = "order moved"
    ANSWERED = "answered"
    CONVERSATION_CLOSED = "conversation closed"
    CONVERSATION_DELETED = "conversation deleted"
    EVENT_RETRIED = "event retried"
    EVENTS_RETRIED = "events retried"
    MESSAGE_RETRIED = "message retried"
    MESSAGES_RETRIED = "messages retried"
    DESTINATION_ADDED = "destination added"
    DESTINATION_CHANGED = "destination changed"
    DESTINATION_ENABLED = "destination enabled"
    DESTINATION_DISABLED = "destination disabled"
    DESTINATION_DELETED = "destination deleted"
    SECRET_SHOWN = "secret shown"  # noqa: S105  (an action)
    DELIVERY_REPEATED = "delivery repeated"
    TOKEN_MADE = "token made"  # noqa: S105
    TOKEN_REVOKED = "token revoked"  # noqa: S105
    READER_EXPORTED = "reader exported"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One action of a moderator; `email` is None once the moderator's account is deleted.

    `detail["token"]` is the name of the API token that acted for them, if one did.
    """

    at: datetime
    email: str | None
    action: Action
    subject: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How many orders, books and events need a moderator's attention."""

    awaiting_payment: int
    to_ship: int
    sold_out: int
    hidden: int
    failed_deliveries: int
