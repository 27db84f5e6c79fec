"""The reference of all types of events, as docs/events.md has it: description, JSON schema and example of each."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from inspect import cleandoc
from typing import Any

from events import types
from events.envelope import Event, encode

_MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)
_PRICE = types.Amount(minor=999, currency="EUR")
_ORDER = types.Order(
    order_id="7K3M-9QXD-2TB4",
    total=types.Amount(minor=1998, currency="EUR"),
    lines=(types.Line(book_id=5, title="Ender's Game", quantity=2, price=_PRICE),),
)
_FIELDS = dict(_ORDER)

EXAMPLES: Mapping[str, types.EventData] = {
    example.type: example
    for example in (
        types.OrderPlaced(**_FIELDS, reader_id=1_000_000_007, by="reader"),
        types.OrderPaid(**_FIELDS, reader_id=1_000_000_007, by="provider"),
        types.OrderDeclined(**_FIELDS, reader_id=1_000_000_007, by="provider"),
        types.OrderShipped(**_FIELDS, reader_id=1_000_000_007, by="moderator"),
        types.OrderDelivered(**_FIELDS, reader_id=1_000_000_007, by="moderator"),
        types.OrderCancelled(**_FIELDS, reader_id=None, by="moderator"),
        types.ConversationChanged(
            conversation_id="7K3M-9QXD-2TB4", order_id="7K3M-9QXD-2TB4", reader_id=1_000_000_007, change=3, by="shop"
        ),
        types.ConversationWaiting(conversation_id="5f0c1d3e9a7b4c2f8d6e0a1b2c3d4e5f"),
        types.ReaderRegistered(reader_id=1_000_000_007),
        types.ReaderDeleted(reader_id=1_000_000_007),
        types.ReadersMerged(reader_id=1_000_000_007, from_reader=1_000_000_006),
        types.BookChanged(book_id=5, title="Ender's Game", authors=("Orson Scott Card",), price=_PRICE, stock=12),
        types.BookRemoved(book_id=5),
        types.StockLow(book_id=5, title="Ender's Game", stock=2),
        types.DeliveryFailed(destination="events-3"),
        types.NoticeRequested(
            kind="order_placed",
            reader_id=1_000_000_007,
            to="ada@example.com",
            shop_name="Online Books For You",
            path="/orders/7K3M-9QXD-2TB4",
            order=_ORDER,
        ),
    )
}
"""An example of the data of each type."""


def schema(kind: type[types.EventData]) -> dict[str, Any]:
    """The JSON schema of a type's data."""
    made = kind.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def example(kind: type[types.EventData]) -> dict[str, Any]:
    """An example of a type, as it is sent."""
    event = Event("0b6f1c4e-6f0c-4a51-9a53-1f1a2c7a7d1e", "https://books.example", _MOMENT, EXAMPLES[kind.type], 4711)
    sent: dict[str, Any] = json.loads(encode(event))
    return sent


def markdown() -> str:
    """The reference as Markdown."""
    return "\n".join(_section(kind) for kind in types.TYPES.values())


def _section(kind: type[types.EventData]) -> str:
    # A docstring of its own, not one that it inherits.
    description = cleandoc(vars(kind)["__doc__"] or "")
    private = " **Private**: sent to notices alone." if kind.is_private else ""
    parts = (
        f"### `{kind.type}`",
        f"{description}{private}",
        _block(example(kind)),
        f"<details><summary>JSON schema of <code>data</code></summary>\n\n{_block(schema(kind))}\n\n</details>",
    )
    return "\n\n".join(parts) + "\n"


def _block(value: Any) -> str:
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```"
