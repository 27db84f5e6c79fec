"""Live over HTTP and WebSocket, on a port of its own."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import urllib3
from websockets.exceptions import InvalidStatus

from events import signature
from events.envelope import CONTENT_TYPE, MAX_BYTES, Event, encode
from events.types import BookRemoved, ConversationChanged
from live.web import GOING_AWAY, TICKET_OVER
from servicekit.clock import now
from tests.events.samples import ORDER as PLACED
from tests.live.running import (
    CONVERSATION,
    ORDER,
    ORDER_ID,
    SECONDS,
    SECRET,
    SHOP,
    Running,
    closing_code,
    running,
    ticket,
)
from tests.traces import STRANGER, parent_of, recording

CHANGED = ConversationChanged(conversation_id=ORDER_ID, order_id=ORDER_ID, reader_id=7, change=1, by="shop")


def message(text: str | bytes) -> object:
    return json.loads(text)


@contextmanager
def events_of(live: Running, signed: str, origin: str | None = SHOP) -> Iterator[urllib3.BaseHTTPResponse]:
    """A stream of server-sent events."""
    headers = {} if origin is None else {"Origin": origin}
    with urllib3.PoolManager(retries=False, timeout=SECONDS) as pool:
        url = f"{live.url}/live/events"
        stream = pool.request("GET", url, fields={"ticket": signed}, headers=headers, preload_content=False)
        try:
            yield stream
        finally:
            stream.close()


def test_an_event_reaches_a_websocket(live: Running) -> None:
    """A signal of the order's topic with the event's number, and nothing of its content."""
    with live.open(ticket(ORDER)) as socket:
        assert socket.subprotocol == "live"
        assert live.post(PLACED) == 202
        assert message(socket.recv(SECONDS)) == {"topic": ORDER, "number": 17}


def test_an_event_is_a_span(live: Running) -> None:
    """In the trace of its delivery; an event that is not signed has none, whatever trace it names."""
    with recording() as trace:
        assert live.post(PLACED, traceparent=STRANGER) == 202
        assert live.post(PLACED) == 202
        assert live.post(PLACED, traceparent=STRANGER, secret=signature.new_secret()) == 401
    (processed,) = trace.spans
    assert (processed.name, parent_of(processed)) == ("process marketplace.order.placed", "b" * 16)
    assert dict(processed.attributes or {})["messaging.destination.name"] == "live"


def test_staff_hear_of_all(live: Running) -> None:
    """Of orders and of conversations, by topics of their own."""
    with live.open(ticket("staff/orders", "staff/conversations", side="shop")) as socket:
        live.post(PLACED, sequence=1)
        live.post(CHANGED, sequence=2)
        assert message(socket.recv(SECONDS)) == {"topic": "staff/orders", "number": 1}
        assert message(socket.recv(SECONDS)) == {"topic": "staff/conversations", "number": 2}


def test_an_event_reaches_an_event_stream(live: Running) -> None:
    """Likewise, readable for the shop's pages; comments keep the connection alive."""
    with running(ping_seconds=0.01) as pinging:
        with events_of(pinging, ticket(ORDER)) as stream:
            assert stream.status == 200
            assert stream.headers["Content-Type"].startswith("text/event-stream")
            assert stream.headers["Access-Control-Allow-Origin"] == SHOP
            assert stream.headers["Cache-Control"] == "no-store"
            assert stream.read(6) == b":\n\n:\n\n"
        pinging.await_connections(0)
    with events_of(live, ticket(ORDER), origin=None) as stream:
        live.post(PLACED)
        sent = b":\n\n" + b'data: {"topic":"orders/7K3M-9QXD-2TB4","number":17}\n\n'
        assert stream.read(len(sent)) == sent
    live.await_connections(0)
    assert urllib3.request("HEAD", f"{live.url}/live/events", retries=False).status == 200


def test_notes_reach_the_other_side(live: Running) -> None:
    """With the side of the ticket, whatever the sender claims; of other topics nobody hears."""
    with live.open(ticket(CONVERSATION)) as reader, live.open(ticket(CONVERSATION, side="shop", holder=8)) as shop:
        reader.send(json.dumps({"topic": "conversations/OTHR-OTHR-OTHR", "note": "writing"}))
        reader.send(json.dumps({"topic": CONVERSATION, "note": "writing", "by": "shop"}))
        assert message(shop.recv(SECONDS)) == {"topic": CONVERSATION, "note": "writing", "by": "reader"}
        shop.send(json.dumps({"topic": CONVERSATION, "note": "seen"}))
        assert message(reader.recv(SECONDS)) == {"topic": CONVERSATION, "note": "seen", "by": "shop"}


def test_only_the_shop_can_send_events(live: Running) -> None:
    """Unsigned, unknown, malformed and too large ones signal nothing."""
    with live.open(ticket(ORDER)) as socket:
        assert live.post(PLACED, secret=signature.new_secret()) == 401
        assert live.post(PLACED, sequence=None) == 400
        for body, kind, status in (
            (b"{}", CONTENT_TYPE, 400),
            (encode(Event("e", SHOP, now(), PLACED)).replace(b"order.placed", b"order.lost"), CONTENT_TYPE, 422),
            (b"x" * (MAX_BYTES + 1), CONTENT_TYPE, 413),
            (b"{}", "text/plain", 415),
        ):
            headers = {"Content-Type": kind, **signature.signed_headers(SECRET, "e", now(), body)}
            answer = urllib3.request("POST", f"{live.url}/events", body=body, headers=headers, retries=False)
            assert (answer.status, "error" in answer.json()) == (status, True)
        assert live.post(BookRemoved(book_id=1)) == 202
        assert live.post(PLACED, sequence=18) == 202
        assert message(socket.recv(SECONDS)) == {"topic": ORDER, "number": 18}


@pytest.mark.parametrize(
    "wrong",
    [
        "x",
        ticket(ORDER, seconds=-1),
        ticket(ORDER, secret=signature.new_secret()),
        ticket(ORDER)[:-1],
        "e30." + ticket(ORDER).partition(".")[2],
    ],
    ids=["malformed", "over", "other secret", "cut off", "other content"],
)
def test_wrong_tickets_are_refused(live: Running, wrong: str) -> None:
    """Old, foreign and forged ones, both ways."""
    with pytest.raises(InvalidStatus) as refused:
        live.open(wrong)
    assert refused.value.response.status_code == 403
    with events_of(live, wrong) as stream:
        assert stream.status == 403
    assert len(live.hub) == 0


def test_pages_of_others_are_refused(live: Running) -> None:
    """Even with a ticket."""
    for origin in ("http://evil.example", "http://shop.example.evil.example", "null"):
        with pytest.raises(InvalidStatus) as refused:
            live.open(ticket(ORDER), origin=origin)
        assert refused.value.response.status_code == 403
        with events_of(live, ticket(ORDER), origin) as stream:
            assert (stream.status, stream.headers.get("Access-Control-Allow-Origin")) == (403, None)
    with live.open(ticket(ORDER), origin=None):
        live.await_connections(1)


def test_a_connection_ends_with_its_ticket() -> None:
    """And a grace; the page has got a new ticket by then."""
    with running(grace=timedelta(seconds=0.1)) as live:
        with events_of(live, ticket(ORDER, seconds=1)) as stream, live.open(ticket(ORDER, seconds=1)) as socket:
            assert closing_code(socket) == TICKET_OVER
            assert set(stream.read().split()) == {b":"}
        live.await_connections(0)


def test_stopping_closes_all_connections() -> None:
    """At once, with a code that says it is not their fault."""
    with running() as live, events_of(live, ticket(ORDER)) as stream, live.open(ticket(ORDER)) as socket:
        live.await_connections(2)
        began = time.monotonic()
        live.server.stop()
        assert closing_code(socket) == GOING_AWAY
        assert stream.read() == b":\n\n"
    assert time.monotonic() - began < 4


def test_health(live: Running) -> None:
    """Alive and ready, with the number of connections; unknown paths are 404."""
    with live.open(ticket(ORDER)):
        assert urllib3.request("GET", f"{live.url}/healthz").data == b"ok"
        assert urllib3.request("GET", f"{live.url}/readyz").json() == {"ready": True, "connections": 1}
        assert urllib3.request("GET", f"{live.url}/").status == 404
