"""What others must be told, and whom."""

from dataclasses import dataclass
from enum import Enum

from marketplace.domain.interactions import Interaction
from marketplace.domain.money import Money


class Destination(Enum):
    """Whom events are told; its value is what the outbox has."""

    RECOMMENDATIONS = "recommendations"
    PAYMENTS = "payments"


@dataclass(frozen=True, slots=True)
class ReadersMerged:
    """One reader became another: a guest signed in."""

    from_reader: int
    into_reader: int


@dataclass(frozen=True, slots=True)
class ReaderForgotten:
    """A reader asked to be forgotten."""

    reader_id: int


@dataclass(frozen=True, slots=True)
class BookChanged:
    """A book is new, has changed, or is offered no more; which of these is read when it is told."""

    book_id: int


@dataclass(frozen=True, slots=True)
class PaymentRequested:
    """An order is to be paid; asked again it is the same payment."""

    order_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class PaymentWithdrawn:
    """An order is to be paid no more, and what was paid for it is to be given back."""

    order_id: str


ShopEvent = Interaction | ReadersMerged | ReaderForgotten | BookChanged | PaymentRequested | PaymentWithdrawn
"""What somebody must be told."""


def destination_of(event: ShopEvent) -> Destination:
    """Whom this event is told."""
    match event:
        case PaymentRequested() | PaymentWithdrawn():
            return Destination.PAYMENTS
        case _:
            return Destination.RECOMMENDATIONS
