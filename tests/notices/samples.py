"""Events of the shop, and the messages that they become."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from events.envelope import Event
from events.types import (
    Amount,
    ConversationWaiting,
    DeliveryFailed,
    EventData,
    Line,
    NoticeRequested,
    Order,
    OrderPlaced,
    ReaderDeleted,
    ReadersMerged,
    StockLow,
)
from notices.domain import Channel, Message, State
from notices.drafts import Staff

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHOP = "https://books.example"
READER = 987_654_321
ADDRESS = "secret.reader@example.org"
CHAT = "-100200300"
STAFF = Staff(email="staff@books.example", telegram_chat=CHAT)
LINES = (
    Line(book_id=20, title="The Left Hand of Darkness", quantity=2, price=Amount(minor=1299, currency="EUR")),
    Line(book_id=21, title="Tom & Jerry <b>\r\nBcc: x@y", quantity=1, price=Amount(minor=1799, currency="EUR")),
)
ORDER = Order(order_id="K7QM-2XPA-9RTB", total=Amount(minor=4397, currency="EUR"), lines=LINES)
READERS_KINDS = (
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
)
STAFF_DATA: Mapping[str, Mapping[str, Any]] = {
    "staff_order_placed": {"order": ORDER.model_dump(mode="json")},
    "staff_stock_low": {"book_id": 20, "title": "Tom & Jerry <b>", "stock": 2},
    "staff_conversation_waiting": {"order_id": "K7QM-2XPA-9RTB"},
    "staff_delivery_failed": {"destination": "sellers-own"},
}
KINDS = (*READERS_KINDS, *STAFF_DATA)


class Killed(BaseException):
    """The process is killed."""


class Clock:
    """A manual clock."""

    def __init__(self, moment: datetime = NOON) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **time: float) -> None:
        self.moment += timedelta(**time)


def event(data: EventData, id_: str = "event-1", *, source: str = SHOP) -> Event:
    return Event(id_, source, NOON, data)


def notice(kind: str = "order_paid", **changed: Any) -> NoticeRequested:
    """A request for a mail to the reader."""
    order = ORDER if kind.startswith("order_") else None
    fields = {"reader_id": READER, "to": ADDRESS, "shop_name": "Online Books For You", "path": "/page?token=s3cret"}
    return NoticeRequested.model_validate({"kind": kind, "order": order, **fields, **changed})


def placed(reader_id: int | None = READER) -> OrderPlaced:
    return OrderPlaced(**dict(ORDER), reader_id=reader_id, by="reader")


LOW = StockLow(book_id=20, title="Dune", stock=2)
WAITING = ConversationWaiting(conversation_id="5f0c1d3e9a7b4c2f8d6e0a1b2c3d4e5f")
DELIVERY_FAILED = DeliveryFailed(destination="sellers-own")
DELETED = ReaderDeleted(reader_id=READER)


def merged(from_reader: int, into: int = READER) -> ReadersMerged:
    return ReadersMerged(reader_id=into, from_reader=from_reader)


MESSAGE = Message(
    id=1,
    event_id="event-1",
    channel=Channel.EMAIL,
    recipient=ADDRESS,
    kind="order_paid",
    language="en",
    data={
        "shop_name": "Online Books For You",
        "link": f"{SHOP}/page?token=s3cret",
        "order": ORDER.model_dump(mode="json"),
        "text": "The hardcover is back on Monday.\n\nTom & Jerry <b>",
    },
    reader_id=READER,
    state=State.WAITING,
    created_at=NOON,
    give_up_at=NOON + timedelta(days=2),
    attempts=1,
)


def message(kind: str = "order_paid", language: str = "en", **changed: Any) -> Message:
    """A message of a kind."""
    if kind in STAFF_DATA:
        return replace(MESSAGE, kind=kind, language=language, data=STAFF_DATA[kind], **changed)
    return replace(MESSAGE, kind=kind, language=language, **changed)
