"""The JSON form of events in the outbox; old rows must stay readable."""

from datetime import datetime
from typing import Any

from marketplace.domain.events import (
    BookChanged,
    PaymentRequested,
    PaymentWithdrawn,
    ReaderForgotten,
    ReadersMerged,
    ShopEvent,
)
from marketplace.domain.ids import MAX_ID, NOBODY
from marketplace.domain.interactions import MAX_HALF_STARS, Interaction, InteractionKind
from marketplace.domain.money import Money


class MalformedEvent(Exception):
    """A row of the outbox cannot be parsed; the message says why."""


def kind_of(event: ShopEvent) -> str:
    match event:
        case Interaction():
            return "interaction"
        case ReadersMerged():
            return "merge"
        case ReaderForgotten():
            return "forget"
        case BookChanged():
            return "book"
        case PaymentRequested():
            return "pay"
        case PaymentWithdrawn():
            return "withdraw"


def reader_of(event: ShopEvent) -> int | None:
    """The reader with whose data the event is deleted; None for events that must be delivered anyway."""
    match event:
        case Interaction() | ReaderForgotten():
            return event.reader_id
        case ReadersMerged():
            return event.into_reader
        case _:
            return None


def to_json(event: ShopEvent) -> dict[str, Any]:
    match event:
        case Interaction():
            return _interaction_to_json(event)
        case ReadersMerged():
            return {"from_reader": event.from_reader, "into_reader": event.into_reader}
        case ReaderForgotten():
            return {"reader_id": event.reader_id}
        case BookChanged():
            return {"book_id": event.book_id}
        case PaymentRequested():
            amount = event.amount
            return {"order_id": event.order_id, "minor": amount.minor, "currency": amount.currency}
        case PaymentWithdrawn():
            return {"order_id": event.order_id}


def from_json(kind: str, payload: Any) -> ShopEvent:
    """The event of a row.

    Raises MalformedEvent.
    """
    try:
        match kind:
            case "interaction":
                return _interaction_from_json(payload)
            case "merge":
                return ReadersMerged(_id(payload["from_reader"]), _id(payload["into_reader"]))
            case "forget":
                return ReaderForgotten(_id(payload["reader_id"]))
            case "book":
                return BookChanged(_id(payload["book_id"]))
            case "pay":
                return PaymentRequested(_text(payload["order_id"]), _money(payload))
            case "withdraw":
                return PaymentWithdrawn(_text(payload["order_id"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedEvent(f"malformed payload: {type(error).__name__}") from error
    raise MalformedEvent(f"unknown kind of event {kind!r}")


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


def _interaction_from_json(payload: Any) -> Interaction:
    occurred_at = datetime.fromisoformat(payload["occurred_at"])
    if occurred_at.tzinfo is None:
        raise ValueError("a time without a zone")
    return Interaction(
        id=_text(payload["id"]),
        reader_id=_id(payload["reader_id"]),
        book_id=_id(payload["book_id"]),
        kind=InteractionKind[payload["kind"].upper()],
        occurred_at=occurred_at,
        recommendation_id=_text(payload["recommendation_id"]),
        half_stars=_half_stars(payload.get("half_stars")),
        undoes=_text(payload.get("undoes", "")),
    )


def _id(value: Any) -> int:
    if not (isinstance(value, int) and NOBODY < value <= MAX_ID):
        raise ValueError("not an id")
    return value


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
