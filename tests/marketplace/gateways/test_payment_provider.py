"""Tests of marketplace.provider, against a real server."""

import itertools
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from marketplace.domain.callbacks import CallbackTokens
from marketplace.domain.errors import ProviderBroken, ProviderRefused, ProviderUnavailable
from marketplace.domain.money import Money
from marketplace.gateways.payment_provider import MAX_ANSWER_BYTES, HttpPaymentProvider
from tests.http_server import HttpServer, Request, answer

ORDER = "7K3M-9QXD-2TB4"
AMOUNT = Money(1998, "EUR")
TOKENS = CallbackTokens("a key of a shop")
HEAD = b"HTTP/1.1 400 Bad\r\n"
CALLS = {
    "ask": lambda provider: provider.request_payment(ORDER, AMOUNT),
    "withdraw": lambda provider: provider.withdraw_payment(ORDER),
}


@pytest.fixture
def server() -> Iterator[HttpServer]:
    """A provider that says yes to everything."""
    with HttpServer() as running:
        yield running


@pytest.fixture
def provider(server: HttpServer) -> Iterator[HttpPaymentProvider]:
    """A client that waits long enough for a busy machine."""
    with closing(HttpPaymentProvider(server.url, "http://shop:5001", TOKENS, timeout=10)) as client:
        yield client


def test_asking_names_the_order_the_amount_and_the_way_back(
    server: HttpServer, provider: HttpPaymentProvider
) -> None:
    """The order's id is the idempotency key, the token speaks for the order, and nothing is told of the reader."""
    provider.request_payment(ORDER, AMOUNT)
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("PUT", f"/payments/{ORDER}")
    assert asked.headers["Idempotency-Key"] == ORDER
    assert asked.headers["Content-Type"] == "application/json"
    body = asked.json
    TOKENS.verify(body["callback"].pop("token"), ORDER)
    assert body == {
        "amount_minor": 1998,
        "currency": "EUR",
        "callback": {"url": f"http://shop:5001/webhooks/payments/{ORDER}"},
    }


def test_withdrawing_names_the_order(server: HttpServer, provider: HttpPaymentProvider) -> None:
    """And needs no more."""
    provider.withdraw_payment(ORDER)
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", f"/payments/{ORDER}/withdrawal")
    assert asked.headers["Idempotency-Key"] == ORDER
    assert asked.json == {}


def test_what_stands_in_an_id_changes_no_path(server: HttpServer, provider: HttpPaymentProvider) -> None:
    """A slash or a question mark in it stays within it."""
    provider.withdraw_payment("../a?b#c")
    assert server.asked[0].path == "/payments/..%2Fa%3Fb%23c/withdrawal"


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_is_success(server: HttpServer, provider: HttpPaymentProvider, status: int, call: str) -> None:
    """Whatever the body says, also none and garbage."""
    server.answer = answer(status, b"" if status == 204 else b"\xff\xfe", Content_Encoding="gzip")
    CALLS[call](provider)
    assert len(server.asked) == 1


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 404, 405, 408, 410, 425, 429, 502, 503, 504])
def test_an_outage_is_to_be_tried_again(
    server: HttpServer, provider: HttpPaymentProvider, status: int, call: str
) -> None:
    """So is what the operator has to put right; the client itself asks once and follows no redirect."""
    server.answer = answer(status, b'{"error": "later"}', Location=f"{server.url}/elsewhere")
    with pytest.raises(ProviderUnavailable, match=f"status {status}: later"):
        CALLS[call](provider)
    assert len(server.asked) == 1


@pytest.mark.parametrize("call", CALLS)
def test_breaking_on_one_order_is_no_outage(server: HttpServer, provider: HttpPaymentProvider, call: str) -> None:
    """500 may come of this order alone, and must not stop all others for ever."""
    server.answer = answer(500)
    with pytest.raises(ProviderBroken, match="status 500"):
        CALLS[call](provider)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_refusal_is_for_good(server: HttpServer, provider: HttpPaymentProvider, status: int, call: str) -> None:
    """With the provider's reason."""
    server.answer = answer(status, b'{"error": "another\\namount"}')
    with pytest.raises(ProviderRefused, match=rf"^status {status}: anotheramount$"):
        CALLS[call](provider)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"\xff", b"[]", b'"x"', b'{"error": 1}', b'{"error": null}', b"[" * 4000, b'{"a": 1e999}'],
)
def test_a_reason_that_is_none_is_left_out(server: HttpServer, provider: HttpPaymentProvider, body: bytes) -> None:
    """The status counts."""
    server.answer = answer(400, body)
    with pytest.raises(ProviderRefused, match=r"^status 400$"):
        provider.request_payment(ORDER, AMOUNT)


def test_a_reason_is_short(server: HttpServer, provider: HttpPaymentProvider) -> None:
    """It ends up in a table and in logs."""
    server.answer = answer(400, b'{"error": "%s"}' % (b"x" * 3000))
    with pytest.raises(ProviderRefused) as refused:
        provider.request_payment(ORDER, AMOUNT)
    assert len(str(refused.value)) < 250


def test_an_endless_answer_is_not_read_to_its_end(server: HttpServer, provider: HttpPaymentProvider) -> None:
    """A few kilobytes of it are."""
    sent = itertools.count()

    def endless(_request: Request) -> Iterator[bytes]:
        yield HEAD + b"\r\n"
        while not server.over.is_set():
            next(sent)
            yield b"x" * 65536

    server.answer = endless
    with pytest.raises(ProviderRefused, match=r"^status 400$"):
        provider.request_payment(ORDER, AMOUNT)
    assert MAX_ANSWER_BYTES == 4096


def test_a_dripping_answer_is_not_waited_for(server: HttpServer) -> None:
    """Each byte comes in time, and all of them do not."""

    def dripping(_request: Request) -> Iterator[bytes]:
        yield HEAD + b"Content-Length: 4000\r\n\r\n"
        while not server.over.wait(0.05):
            yield b"x"

    server.answer = dripping
    began = time.monotonic()
    with (
        closing(HttpPaymentProvider(server.url, "http://shop:5001", TOKENS, timeout=0.5)) as provider,
        pytest.raises(ProviderRefused),
    ):
        provider.request_payment(ORDER, AMOUNT)
    assert time.monotonic() - began < 10


def test_no_answer_is_not_waited_for(server: HttpServer) -> None:
    """The timeout ends it."""
    server.answer = server.hang
    with closing(HttpPaymentProvider(server.url, "http://shop:5001", TOKENS, timeout=0.2)) as provider:
        with pytest.raises(ProviderUnavailable, match="no answer"):
            provider.request_payment(ORDER, AMOUNT)
        server.over.set()
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 ok\r\n\r\n",
        b"HTTP/1.1 20",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 " + b"x" * 70_000,
    ],
)
def test_garbage_is_no_answer(server: HttpServer, provider: HttpPaymentProvider, raw: bytes) -> None:
    """Whatever speaks no HTTP has said neither yes nor no."""
    server.answer = lambda _request: [raw]
    with pytest.raises(ProviderUnavailable):
        provider.request_payment(ORDER, AMOUNT)


def test_a_refusal_that_breaks_off_is_one(server: HttpServer, provider: HttpPaymentProvider) -> None:
    """The status was heard."""
    for body in (b"Content-Length: 99\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"):
        server.answer = lambda _request, body=body: [HEAD + body]  # type: ignore[misc]
        with pytest.raises(ProviderRefused):
            provider.request_payment(ORDER, AMOUNT)


def test_nobody_there_is_no_answer(server: HttpServer) -> None:
    """Nor is a name that nobody has, and a port that speaks no TLS."""
    with HttpServer() as gone:
        address = gone.url
    for url in (address, "http://nobody.invalid", server.url.replace("http:", "https:"), "http://"):
        with (
            closing(HttpPaymentProvider(url, "http://shop:5001", TOKENS, timeout=5)) as provider,
            pytest.raises(ProviderUnavailable),
        ):
            provider.withdraw_payment(ORDER)


def test_proxies_of_the_environment_are_not_used(
    server: HttpServer, provider: HttpPaymentProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operator names the provider, and nothing stands between."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://nobody.invalid:1")
    provider.withdraw_payment(ORDER)
    assert len(server.asked) == 1


def test_what_was_left_unread_disturbs_no_call(server: HttpServer, provider: HttpPaymentProvider) -> None:
    """Each call begins with its own answer."""
    server.answer = lambda _request: [HEAD + b"Content-Length: 9999\r\n\r\n{}"]
    with pytest.raises(ProviderRefused):
        provider.withdraw_payment(ORDER)
    server.answer = answer(200)
    for _ in range(3):
        provider.withdraw_payment(ORDER)
    assert len(server.asked) == 4
