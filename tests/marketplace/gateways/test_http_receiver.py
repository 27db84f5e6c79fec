"""The HTTP client of receivers of published events."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from events import signature
from events.envelope import decode
from marketplace.domain.errors import ReceiverBroken, ReceiverRefused, ReceiverUnavailable
from marketplace.gateways.http_receiver import HttpReceiver
from tests.events.samples import event
from tests.http_server import HttpServer, answer

SECRET = signature.new_secret()


@pytest.fixture
def server() -> Iterator[HttpServer]:
    """A receiver that accepts."""
    with HttpServer() as running:
        yield running


@pytest.fixture
def receiver(server: HttpServer) -> Iterator[HttpReceiver]:
    """The client of it."""
    with closing(HttpReceiver(f"{server.url}/events", SECRET, timeout=5)) as client:
        yield client


def test_a_request_is_a_signed_event(server: HttpServer, receiver: HttpReceiver) -> None:
    """In structured form, with the event's id in the signature."""
    receiver.publish(event())
    request = server.requests[0]
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert (request.method, request.path) == ("POST", "/events")
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["webhook-id"] == "e-1"
    signature.verify(SECRET, headers, request.body)
    with pytest.raises(signature.InvalidSignature):
        signature.verify(signature.new_secret(), headers, request.body)
    assert decode(request.body) == event()


def test_the_trace_of_an_event_is_a_header_too(server: HttpServer, receiver: HttpReceiver) -> None:
    """The same, as the extension of CloudEvents demands; an event without one has no header."""
    header = f"00-{'a' * 32}-{'b' * 16}-01"
    receiver.publish(replace(event(), traceparent=header))
    receiver.publish(event())
    assert [request.headers.get("traceparent") for request in server.requests] == [header, None]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_acceptance(server: HttpServer, receiver: HttpReceiver, status: int) -> None:
    """Whatever the body."""
    server.answer = answer(status, b"" if status == 204 else b"\xff" * 100_000)
    receiver.publish(event())


@pytest.mark.parametrize("status", [400, 409, 410, 413, 415, 422])
def test_a_refusal_is_for_good(server: HttpServer, receiver: HttpReceiver, status: int) -> None:
    """The reason has the status, and nothing of what a stranger wrote."""
    server.answer = answer(status, b'{"error": "secret"}')
    with pytest.raises(ReceiverRefused) as raised:
        receiver.publish(event())
    assert str(raised.value) == f"the receiver answered with status {status}"


@pytest.mark.parametrize("status", [301, 307, 401, 403, 404, 405, 408, 425, 429, 501, 502, 503, 504])
def test_other_statuses_are_tried_again(server: HttpServer, receiver: HttpReceiver, status: int) -> None:
    """Redirects too, which are not followed."""
    server.answer = answer(status, b"", Location=f"{server.url}/elsewhere")
    with pytest.raises(ReceiverUnavailable) as raised:
        receiver.publish(event())
    assert raised.value.code == str(status)
    assert not isinstance(raised.value, ReceiverBroken)
    assert len(server.requests) == 1


def test_status_500_is_about_this_event(server: HttpServer, receiver: HttpReceiver) -> None:
    """It is tried again some times only."""
    server.answer = answer(500)
    with pytest.raises(ReceiverBroken):
        receiver.publish(event())


def test_a_missing_answer_ends_at_the_deadline(server: HttpServer) -> None:
    """So does none at all, when nobody listens."""
    server.answer = server.hang
    with closing(HttpReceiver(server.url, SECRET, timeout=0.2)) as receiver, pytest.raises(ReceiverUnavailable):
        receiver.publish(event())
    with closing(HttpReceiver("http://127.0.0.1:1", SECRET)) as receiver, pytest.raises(ReceiverUnavailable):
        receiver.publish(event())
