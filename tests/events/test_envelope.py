"""Events as CloudEvents."""

import json
from dataclasses import replace

import pytest

from events.envelope import MAX_BYTES, Event, InvalidEvent, UnknownType, decode, encode
from events.types import MAX_TEXT, Amount, Line, OrderPlaced
from tests.events.samples import NOON, NOTICE, ORDER, event


@pytest.mark.parametrize("data", [ORDER, NOTICE])
def test_an_event_survives_its_encoding(data: OrderPlaced) -> None:
    """Decoding gives the same event."""
    assert decode(encode(event(data))) == event(data)


def test_an_event_has_the_attributes_of_cloudevents() -> None:
    """The JSON is what the specification describes, with the time in UTC."""
    body = json.loads(encode(event()))
    assert {name: body[name] for name in body if name != "data"} == {
        "specversion": "1.0",
        "id": "e-1",
        "source": "https://shop.example",
        "type": "marketplace.order.placed",
        "subject": "orders/7K3M-9QXD-2TB4",
        "time": "2026-03-01T12:00:00Z",
        "datacontenttype": "application/json",
    }
    assert body["data"]["lines"] == [
        {"book_id": 5, "title": "Ender’s Game", "quantity": 2, "price": {"minor": 999, "currency": "EUR"}}
    ]


def test_the_sequence_is_ordered_as_a_text() -> None:
    """As its extension of CloudEvents demands; it may be missing, or a number."""
    numbers = [1, 9, 10, 2**63 - 1]
    bodies = [json.loads(encode(replace(event(), sequence=number))) for number in numbers]
    texts = [body["sequence"] for body in bodies]
    assert texts == sorted(texts)
    assert [decode(json.dumps(body).encode()).sequence for body in bodies] == numbers
    assert decode(json.dumps({**bodies[0], "sequence": 17}).encode()).sequence == 17
    assert decode(encode(event())).sequence is None
    for wrong in ("", "x", "-1", -1, 1.5, True, "9" * 20, "\u0661"):
        with pytest.raises(InvalidEvent):
            decode(json.dumps({**bodies[0], "sequence": wrong}).encode())


def test_a_trace_is_an_extension() -> None:
    """Of CloudEvents, for distributed tracing; an event without one, or with one that is no text, is an event too."""
    header = f"00-{'a' * 32}-{'b' * 16}-01"
    body = json.loads(encode(replace(event(), traceparent=header)))
    assert body["traceparent"] == header
    assert decode(json.dumps(body).encode()).traceparent == header
    assert "traceparent" not in json.loads(encode(event()))
    for wrong in (7, None, [header]):
        assert decode(json.dumps({**body, "traceparent": wrong}).encode()) == event()


def test_fields_of_a_later_version_are_ignored() -> None:
    """A receiver reads events of a newer shop."""
    body = json.loads(encode(event()))
    body["data"]["gift_wrapped"] = True
    body["giftwrapped"] = "yes"
    assert decode(json.dumps(body).encode()) == event()


def test_the_largest_order_fits() -> None:
    """A hundred books with the longest titles are less than an event may have."""
    line = Line(book_id=2**31, title="📚" * MAX_TEXT, quantity=99, price=Amount(minor=10**12, currency="EUR"))
    largest = ORDER.model_copy(update={"lines": (line,) * 100})
    assert len(encode(Event("e", "s", NOON, largest))) < MAX_BYTES


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "not a CloudEvent 1.0: id"),
        ({"source": ""}, "not a CloudEvent 1.0: source"),
        ({"specversion": "0.3"}, "not a CloudEvent 1.0: specversion"),
        ({"time": "yesterday"}, "not a CloudEvent in JSON"),
        ({"time": None}, "not a CloudEvent 1.0: time"),
        ({"time": "2026-03-01T12:00:00"}, "not a CloudEvent 1.0: time"),
        ({"data": None}, "malformed data: data"),
        ({"data": {"order_id": 5}}, "malformed data: by, lines, order_id, total"),
    ],
)
def test_what_is_no_event_is_refused_with_a_reason(change: dict[str, object], reason: str) -> None:
    """The reason names the fields and no values."""
    body = {**json.loads(encode(event())), **change}
    with pytest.raises(InvalidEvent, match=reason):
        decode(json.dumps({name: value for name, value in body.items() if value is not None}).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b"null", b"\xff", b'"text"', b"[" * 100_000])
def test_bytes_that_are_no_json_object_are_refused(body: bytes) -> None:
    """No other exception comes out of decoding."""
    with pytest.raises(InvalidEvent):
        decode(body)


def test_an_unknown_type_is_told_apart() -> None:
    """A receiver may answer it differently."""
    body = encode(event()).replace(b"order.placed", b"order.danced")
    with pytest.raises(UnknownType):
        decode(body)
