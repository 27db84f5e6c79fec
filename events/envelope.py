"""CloudEvents 1.0 in structured JSON: `application/cloudevents+json`."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from pydantic import ValidationError

from events.types import TYPES, EventData

CONTENT_TYPE = "application/cloudevents+json"
MAX_BYTES = 1024 * 1024
"""The largest event; an order of 100 books with the longest titles fits, whatever their characters."""

_FORMAT = JSONFormat()
_SEQUENCE = "sequence"
"""An extension of CloudEvents: texts that are ordered as the events are, hence of one length."""
_SEQUENCE_DIGITS = 19
_TRACEPARENT = "traceparent"
"""The extension of CloudEvents for distributed tracing."""


class InvalidEvent(ValueError):
    """These bytes are not an event of the contract; the message says why, without values."""


class UnknownType(InvalidEvent):
    """The event is well formed, and of a type that the contract does not have."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event: `source` is the shop's public address, `time` is when it happened.

    `sequence` grows from event to event of a destination; None if the sender numbers none. `traceparent` is the trace
    in which it was sent (W3C Trace Context); None if none is recorded, and for a receiver perhaps malformed.
    """

    id: str
    source: str
    time: datetime
    data: EventData
    sequence: int | None = None
    traceparent: str | None = None

    @property
    def type(self) -> str:
        return self.data.type


def encode(event: Event) -> bytes:
    """The event as JSON."""
    attributes = {
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.data.subject,
        "time": event.time,
        "datacontenttype": "application/json",
    }
    if event.sequence is not None:
        attributes[_SEQUENCE] = f"{event.sequence:0{_SEQUENCE_DIGITS}}"
    if event.traceparent:
        attributes[_TRACEPARENT] = event.traceparent
    return _FORMAT.write(CloudEvent(attributes, event.data.model_dump(mode="json")))


def decode(body: bytes) -> Event:
    """The event in a request's or a message's body.

    Raises InvalidEvent, also UnknownType.
    """
    try:
        read = _FORMAT.read(_event, body)
        attributes, data = read.get_attributes(), read.get_data()
    except InvalidEvent:
        raise
    except CloudEventValidationError as error:
        raise InvalidEvent(f"not a CloudEvent 1.0: {', '.join(sorted(error.errors))}") from None
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise InvalidEvent("not a CloudEvent in JSON") from None
    kind = TYPES.get(attributes["type"])
    if kind is None:
        raise UnknownType("the type is unknown")
    try:
        parsed = kind.model_validate(data)
    except ValidationError as error:
        fields = sorted({".".join(map(str, details["loc"])) or "data" for details in error.errors()})
        raise InvalidEvent(f"malformed data: {', '.join(fields)}") from None
    sequence = attributes.get(_SEQUENCE)
    if sequence is not None and not re.fullmatch(rf"[0-9]{{1,{_SEQUENCE_DIGITS}}}", str(sequence)):
        raise InvalidEvent("malformed sequence")
    number = None if sequence is None else int(sequence)
    # A trace is worth no refusal: whoever continues it leaves out a malformed one.
    traceparent = attributes.get(_TRACEPARENT)
    trace = traceparent if isinstance(traceparent, str) else None
    return Event(attributes["id"], attributes["source"], attributes["time"], parsed, number, trace)


def _event(attributes: dict[str, Any], data: Any) -> CloudEvent:
    # The library would make up what is missing.
    if missing := sorted({"id", "specversion", "time"} - set(attributes)):
        raise InvalidEvent(f"not a CloudEvent 1.0: {', '.join(missing)}")
    return CloudEvent(attributes, data)
