"""The types of events and their data; docs/events.md lists them. A new field must have a default, none may go."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_AUTHORS = 50

Id = Annotated[int, Field(ge=1)]
MAX_TEXT = 500
"""The length of a title or a name; longer ones are shortened."""
MAX_MESSAGE = 4_000
"""The length of a message in a conversation."""

Text = Annotated[str, Field(max_length=MAX_TEXT)]
Email = Annotated[str, Field(max_length=254, pattern=r"^[^\s@]+@[^\s@]+$")]
Path = Annotated[str, Field(max_length=2_000, pattern=r"^(/[!-~]*)?$")]
"""The path of a page of the shop, with its query; the event's source is what it is appended to."""


class EventData(BaseModel):
    """The data of an event; receivers ignore fields that they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    is_private: ClassVar[bool] = False
    """Whether it names a person's address: only notices receives it."""

    @property
    def subject(self) -> str:
        """What it is about, within the shop."""
        raise NotImplementedError


class Amount(BaseModel):
    """An amount in minor units (cents) of a currency (ISO 4217)."""

    model_config = ConfigDict(frozen=True)

    minor: Annotated[int, Field(ge=0)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Line(BaseModel):
    """An ordered book with the price of a copy."""

    model_config = ConfigDict(frozen=True)

    book_id: Id
    title: Text
    quantity: Annotated[int, Field(ge=1)]
    price: Amount


class Order(BaseModel):
    """An order's number, its lines and their total."""

    model_config = ConfigDict(frozen=True)

    order_id: Annotated[str, Field(max_length=40)]
    total: Amount
    lines: tuple[Line, ...]


class OrderData(Order, EventData):
    """An order at the moment of the event; `by` is who caused it."""

    reader_id: Id | None = None
    by: Literal["reader", "provider", "moderator", "shop"]

    @property
    def subject(self) -> str:
        return f"orders/{self.order_id}"


class OrderPlaced(OrderData):
    """A reader has ordered; the payment is not yet decided."""

    type = "marketplace.order.placed"


class OrderPaid(OrderData):
    """The payment provider has confirmed the payment, or there was nothing to pay."""

    type = "marketplace.order.paid"


class OrderDeclined(OrderData):
    """The payment was declined; the copies are for sale again."""

    type = "marketplace.order.declined"


class OrderShipped(OrderData):
    """The books have been shipped."""

    type = "marketplace.order.shipped"


class OrderDelivered(OrderData):
    """The books have been delivered."""

    type = "marketplace.order.delivered"


class OrderCancelled(OrderData):
    """The order was cancelled; what was paid is refunded."""

    type = "marketplace.order.cancelled"


class ConversationData(EventData):
    """A conversation between a reader, or a guest without an account, and the shop; never what was written."""

    conversation_id: Annotated[str, Field(max_length=40)] = ""
    order_id: Annotated[str, Field(max_length=40)] = ""
    reader_id: Id | None = None

    @property
    def subject(self) -> str:
        return f"conversations/{self.conversation_id or self.order_id}"


class ConversationChanged(ConversationData):
    """A message was sent or edited, or got the preview of its link; `change` grows with each, `by` is its sender.

    `conversation_id` is the number of the order that it is about, which is also in `order_id`. A conversation that
    began by the contact form has a random one, and no `order_id` (`""`). `reader_id` is null for a guest without an
    account.
    """

    type = "marketplace.conversation.changed"

    change: Annotated[int, Field(ge=1)]
    by: Literal["reader", "shop"]


class ConversationWaiting(ConversationData):
    """Nobody of the shop has seen the last message of a reader, or of a guest without an account, for ten minutes.

    The fields are those of `marketplace.conversation.changed`.
    """

    type = "marketplace.conversation.waiting"


class ReaderData(EventData):
    """A reader, by number alone."""

    reader_id: Id

    @property
    def subject(self) -> str:
        return f"readers/{self.reader_id}"


class ReaderRegistered(ReaderData):
    """A reader has created an account."""

    type = "marketplace.reader.registered"


class ReaderDeleted(ReaderData):
    """A reader's data has been deleted: a receiver deletes what it has about them."""

    type = "marketplace.reader.deleted"


class ReadersMerged(ReaderData):
    """A guest has signed in; what was `from_reader`'s is now `reader_id`'s."""

    type = "marketplace.reader.merged"

    from_reader: Id


class BookData(EventData):
    """A book, by number."""

    book_id: Id

    @property
    def subject(self) -> str:
        return f"books/{self.book_id}"


class BookChanged(BookData):
    """A book was added or changed, or is offered again; these are its fields now."""

    type = "marketplace.book.changed"

    title: Text
    authors: Annotated[tuple[Text, ...], Field(max_length=MAX_AUTHORS)] = ()
    price: Amount | None = None
    stock: Annotated[int, Field(ge=0)] | None = None


class BookRemoved(BookData):
    """A book is not offered any more."""

    type = "marketplace.book.removed"


class StockLow(BookData):
    """An order has left few copies of a book, or none."""

    type = "marketplace.book.stock_low"

    title: Text
    stock: Annotated[int, Field(ge=0)]


class DeliveryFailed(EventData):
    """The first delivery to a destination has failed for good since there was none; a moderator can send it again."""

    type = "marketplace.delivery.failed"

    destination: Annotated[str, Field(max_length=40)]

    @property
    def subject(self) -> str:
        return f"destinations/{self.destination}"


class NoticeRequested(EventData):
    """A message to one reader, or to a guest without an account (`reader_id` is null), whose address it names.

    `path` is the page to open, perhaps with a token; `text` is what the shop wrote to a guest.
    """

    type = "marketplace.notice.requested"
    is_private = True

    kind: Literal[
        "order_placed",
        "order_paid",
        "order_declined",
        "order_shipped",
        "order_delivered",
        "order_cancelled",
        "email_confirmation",
        "email_changed",
        "password_reset",
        "password_changed",
        "message_waiting",
        "contact_answered",
    ]
    reader_id: Id | None = None
    to: Email
    language: Annotated[str, Field(max_length=10)] = "en"
    shop_name: Text
    path: Path = ""
    order: Order | None = None
    text: Annotated[str, Field(max_length=MAX_MESSAGE)] = ""

    @property
    def subject(self) -> str:
        return "guests" if self.reader_id is None else f"readers/{self.reader_id}"


def _leaves(kind: type[EventData]) -> list[type[EventData]]:
    own = [kind] if "type" in vars(kind) else []
    return [*own, *(leaf for child in kind.__subclasses__() for leaf in _leaves(child))]


TYPES: Mapping[str, type[EventData]] = {kind.type: kind for kind in _leaves(EventData)}
"""The data of every type."""

PUBLIC_TYPES = tuple(name for name, kind in TYPES.items() if not kind.is_private)

NOTICES_TYPES = tuple(
    kind.type
    for kind in (
        NoticeRequested,
        OrderPlaced,
        StockLow,
        ConversationWaiting,
        DeliveryFailed,
        ReaderDeleted,
        ReadersMerged,
    )
)
"""What notices receives."""

LIVE_TYPES = (*(kind.type for kind in _leaves(OrderData)), ConversationChanged.type)
"""What live receives."""
