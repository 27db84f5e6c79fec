"""The events that the shop sends to other services."""

from dataclasses import dataclass
from datetime import datetime

from events.types import EventData
from marketplace.domain.interactions import Interaction
from marketplace.domain.money import Money


@dataclass(frozen=True, slots=True)
class Destination:
    """The receiver of an event; the value is stored in the outbox."""

    value: str


RECOMMENDATIONS = Destination("recommendations")
PAYMENTS = Destination("payments")
NOTICES = Destination("notices")
PREVIEWS = Destination("previews")
LIVE = Destination("live")

SHOP_NAME = "Online Books For You"
"""The shop as mails name it."""

BUILT_IN = (RECOMMENDATIONS, PAYMENTS, NOTICES, PREVIEWS, LIVE)
"""The destinations that are the shop's own services; nothing is sent to live unless the settings name it."""


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


@dataclass(frozen=True, slots=True)
class PreviewRequested:
    """A link's preview is to be fetched; the relay reads the URL at delivery, since it may be about a reader."""

    link_id: str


@dataclass(frozen=True, slots=True)
class PublishedEvent:
    """An event of the contract (docs/events.md); its id is the same for all its destinations.

    `sequence` is its number in the outbox, another for each destination; 0 before it is there.
    """

    id: str
    happened_at: datetime
    data: EventData
    sequence: int = 0


Message = (
    Interaction
    | ReadersMerged
    | ReaderForgotten
    | BookChanged
    | PaymentRequested
    | PaymentWithdrawn
    | PreviewRequested
)
"""What one service must know, and nobody else."""

ShopEvent = Message | PublishedEvent


def destination_of(message: Message) -> Destination:
    match message:
        case PaymentRequested() | PaymentWithdrawn():
            return PAYMENTS
        case PreviewRequested():
            return PREVIEWS
        case _:
            return RECOMMENDATIONS
