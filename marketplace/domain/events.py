"""The events that the shop sends to other services."""

from dataclasses import dataclass
from enum import Enum

from marketplace.domain.interactions import Interaction
from marketplace.domain.money import Money


class Destination(Enum):
    """The receiver of an event; the value is stored in the outbox."""

    RECOMMENDATIONS = "recommendations"
    PAYMENTS = "payments"


@dataclass(frozen=True, slots=True)
class ReadersMerged:
    """A guest signed in: their history now belongs to the account."""

    from_reader: int
    into_reader: int


@dataclass(frozen=True, slots=True)
class ReaderForgotten:
    """A reader's data is to be deleted."""

    reader_id: int


@dataclass(frozen=True, slots=True)
class BookChanged:
    """A book was added, changed or removed; the relay reads its current state at delivery."""

    book_id: int


@dataclass(frozen=True, slots=True)
class PaymentRequested:
    """An order is to be paid; a repeated request is for the same payment."""

    order_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class PaymentWithdrawn:
    """An order was cancelled: its payment request is withdrawn, and what was paid is refunded."""

    order_id: str


ShopEvent = Interaction | ReadersMerged | ReaderForgotten | BookChanged | PaymentRequested | PaymentWithdrawn


def destination_of(event: ShopEvent) -> Destination:
    match event:
        case PaymentRequested() | PaymentWithdrawn():
            return Destination.PAYMENTS
        case _:
            return Destination.RECOMMENDATIONS
