"""The JSON form of events in the outbox; old rows must stay readable."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from events import types
from events.types import TYPES
from marketplace.domain.events import (
    BookChanged,
    PaymentRequested,
    PaymentWithdrawn,
    PreviewRequested,
    PublishedEvent,
    ReaderForgotten,
    ReadersMerged,
    ShopEvent,
)
from marketplace.domain.ids import MAX_ID, NOBODY
from marketplace.domain.interactions import MAX_HALF_STARS, Interaction, InteractionKind
from marketplace.domain.money import Money

MUST_ARRIVE = (types.ReaderDeleted.type, types.ReadersMerged.type)
"""Events that stay when a reader's data is deleted: a receiver learns by them what it has to delete."""


class MalformedEvent(Exception):
    """A row of the outbox cannot be parsed; the message says why."""


def kind_of(event: ShopEvent) -> str:
    return _KINDS[type(event)]


def reader_of(event: ShopEvent) -> int | None:
    """The reader with whose data the event is deleted; None for events that must be delivered anyway."""
    match event:
        case Interaction() | ReaderForgotten():
            return event.reader_id
        case ReadersMerged():
            return event.into_reader
        case PublishedEvent(data=data) if data.type in MUST_ARRIVE:
            return None
        case PublishedEvent(data=data):
            reader: int | None = getattr(data, "reader_id", None)
            return reader
        case _:
            return None


def to_json(event: ShopEvent) -> dict[str, Any]:
    match event:
        case Interaction():
            return _interaction_to_json(event)
        case PaymentRequested(order_id, amount):
            return {"order_id": order_id, "minor": amount.minor, "currency": amount.currency}
        case PublishedEvent(id=event_id, happened_at=happened_at, data=data):
            fields = data.model_dump(mode="json")
            return {"id": event_id, "time": happened_at.isoformat(), "type": data.type, "data": fields}
        case _:
            return asdict(event)


def from_json(kind: str, payload: Any) -> ShopEvent:
    """The event of a row.

    Raises MalformedEvent.
    """
    if kind not in _PARSERS:
        raise MalformedEvent(f"unknown kind of event {kind!r}")
    try:
        return _PARSERS[kind](payload)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedEvent(f"malformed payload: {type(error).__name__}") from error


def _interaction_to_json(interaction: Interaction) -> dict[str, Any]:
    payload = {
        "id": interaction.id,
        "reader_id": interaction.reader_id,
        "book_id": interaction.book_id,
        "kind": interaction.kind.name.lower(),
        "occurred_at": interaction.occurred_at.isoformat(),
        "recommendation_id": interaction.recommendation_id,
    }
    if interaction.half_stars is not None:
        payload["half_stars"] = interaction.half_stars
    if interaction.undoes:
        payload["undoes"] = interaction.undoes
    return payload


def _published_from_json(payload: Any) -> PublishedEvent:
    kind = TYPES[_text(payload["type"])]
    return PublishedEvent(_text(payload["id"]), _time(payload["time"]), kind.model_validate(payload["data"]))


def _interaction_from_json(payload: Any) -> Interaction:
    return Interaction(
        id=_text(payload["id"]),
        reader_id=_id(payload["reader_id"]),
        book_id=_id(payload["book_id"]),
        kind=InteractionKind[payload["kind"].upper()],
        occurred_at=_time(payload["occurred_at"]),
        recommendation_id=_text(payload["recommendation_id"]),
        half_stars=_half_stars(payload.get("half_stars")),
        undoes=_text(payload.get("undoes", "")),
    )


def _id(value: Any) -> int:
    if not (isinstance(value, int) and NOBODY < value <= MAX_ID):
        raise ValueError("not an id")
    return value


def _time(value: Any) -> datetime:
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("a time without a zone")
    return time


def _half_stars(value: Any) -> int | None:
    if value is not None and not (isinstance(value, int) and 0 < value <= MAX_HALF_STARS):
        raise ValueError("not half stars")
    return value


def _money(payload: Any) -> Money:
    minor = payload["minor"]
    if not (isinstance(minor, int) and minor >= 0):
        raise ValueError("not an amount")
    return Money(minor, _text(payload["currency"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    value.encode()  # a lone surrogate would fail later, in the message
    return value


_KINDS: Mapping[type[ShopEvent], str] = {
    Interaction: "interaction",
    ReadersMerged: "merge",
    ReaderForgotten: "forget",
    BookChanged: "book",
    PaymentRequested: "pay",
    PaymentWithdrawn: "withdraw",
    PreviewRequested: "preview",
    PublishedEvent: "event",
}

_PARSERS: Mapping[str, Callable[[Any], ShopEvent]] = {
    "interaction": _interaction_from_json,
    "merge": lambda payload: ReadersMerged(_id(payload["from_reader"]), _id(payload["into_reader"])),
    "forget": lambda payload: ReaderForgotten(_id(payload["reader_id"])),
    "book": lambda payload: BookChanged(_id(payload["book_id"])),
    "pay": lambda payload: PaymentRequested(_text(payload["order_id"]), _money(payload)),
    "withdraw": lambda payload: PaymentWithdrawn(_text(payload["order_id"])),
    "preview": lambda payload: PreviewRequested(_text(payload["link_id"])),
    "event": _published_from_json,
}
