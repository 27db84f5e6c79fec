"""Events for tests."""

from datetime import UTC, datetime

from events.envelope import Event
from events.types import Amount, EventData, Line, NoticeRequested, Order, OrderPlaced

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

ORDER = OrderPlaced(
    order_id="7K3M-9QXD-2TB4",
    reader_id=1_000_000_000,
    by="reader",
    total=Amount(minor=1998, currency="EUR"),
    lines=(Line(book_id=5, title="Ender’s Game", quantity=2, price=Amount(minor=999, currency="EUR")),),
)

NOTICE = NoticeRequested(
    kind="order_placed",
    reader_id=1_000_000_000,
    to="ada@example.com",
    shop_name="Online Books For You",
    path="/orders/7K3M-9QXD-2TB4",
    order=Order(order_id=ORDER.order_id, total=ORDER.total, lines=ORDER.lines),
)


def event(data: EventData = ORDER, *, id_: str = "e-1") -> Event:
    return Event(id_, "https://shop.example", NOON, data)
