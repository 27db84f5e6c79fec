"""Which messages an event asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from events.envelope import Event, InvalidEvent
from events.types import ConversationWaiting, DeliveryFailed, NoticeRequested, Order, OrderPlaced, StockLow
from notices.domain import STAFF_PREFIX, Channel, Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """How the shop's staff is reached: by each channel that is set."""

    email: str | None = None
    telegram_chat: str | None = None
    language: str = "en"

    @property
    def recipients(self) -> dict[Channel, str]:
        known = {Channel.EMAIL: self.email, Channel.TELEGRAM: self.telegram_chat}
        return {channel: recipient for channel, recipient in known.items() if recipient}


def drafts_of(event: Event, staff: Staff) -> list[Draft]:
    """The messages that an event asks for.

    Raises InvalidEvent if its link would lead nowhere.
    """
    match event.data:
        case NoticeRequested() as notice:
            return [_to_reader(event, notice)]
        case OrderPlaced() as placed:
            # It shows what a reader has ordered, so it is deleted with them.
            return _to_staff(event, staff, "order_placed", {"order": _order(placed)}, reader_id=placed.reader_id)
        case StockLow() as low:
            return _to_staff(event, staff, "stock_low", low.model_dump(mode="json"))
        case ConversationWaiting() as waiting:
            # It is about a reader, so it is deleted with them.
            data = {"order_id": waiting.order_id}
            return _to_staff(event, staff, "conversation_waiting", data, reader_id=waiting.reader_id)
        case DeliveryFailed() as failed:
            return _to_staff(event, staff, "delivery_failed", failed.model_dump(mode="json"))
        case _:
            return []


def _to_reader(event: Event, notice: NoticeRequested) -> Draft:
    data: dict[str, Any] = {"shop_name": notice.shop_name}
    if notice.path:
        if not event.source.startswith(("http://", "https://")):
            raise InvalidEvent("malformed: source must be the shop's address, http:// or https://")
        data["link"] = event.source.rstrip("/") + notice.path
    if notice.order:
        data["order"] = _order(notice.order)
    if notice.text:
        data["text"] = notice.text
    return Draft(
        event_id=event.id,
        channel=Channel.EMAIL,
        recipient=notice.to,
        kind=notice.kind,
        language=notice.language,
        data=data,
        reader_id=notice.reader_id,
    )


def _to_staff(
    event: Event, staff: Staff, kind: str, data: Mapping[str, Any], *, reader_id: int | None = None
) -> list[Draft]:
    return [
        Draft(
            event_id=event.id,
            channel=channel,
            recipient=recipient,
            kind=STAFF_PREFIX + kind,
            language=staff.language,
            data=data,
            reader_id=reader_id,
        )
        for channel, recipient in staff.recipients.items()
    ]


def _order(order: Order) -> dict[str, Any]:
    dumped = order.model_dump(mode="json")
    return {name: dumped[name] for name in Order.model_fields}
