"""The HTTP client of the payment provider, against a real server."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from marketplace.domain.callbacks import CallbackTokens
from marketplace.domain.errors import ProviderBroken, ProviderRefused, ProviderUnavailable
from marketplace.domain.money import Money
from marketplace.gateways.payment_provider import MAX_RESPONSE_BYTES, HttpPaymentProvider
from tests.http_server import HttpServer, Request, answer

ORDER = "7K3M-9QXD-2TB4"
AMOUNT = Money(1998, "EUR")
TOKENS = CallbackTokens("a key of a shop")
HEAD = b"HTTP/1.1 400 Bad\r\n"
CALLS = {
    "request": lambda provider: provider.request_payment(ORDER, AMOUNT),
    "withdraw": lambda provider: provider.withdraw_payment(ORDER),
}


@pytest.fixture
def server() -> Iterator[HttpServer]:
    """A provider that accepts everything."""
    with HttpServer() as running:
        yield running


@pytest.fixture
def provider(server: HttpServer) -> Iterator[HttpPaymentProvider]:
    """A client that waits long enough for a busy machine."""
    with closing(HttpPaymentProvider(server.url, "http://shop:5001", TOKENS, timeout=10)) as client:
        yield client


def test_a_request_has_the_order_the_amount_and_the_callback(
    server: HttpServer, provider: HttpPaymentProvider
) -> None:
    """The order's id is the idempotency key, the token is for this order, and the reader is not named."""
    provider.request_payment(ORDER, AMOUNT)
    (request,) = server.requests
    assert (request.method, request.path) == ("PUT", f"/payments/{ORDER}")
    assert request.headers["Idempotency-Key"] == ORDER
    assert request.headers["Content-Type"] == "application/json"
    body = request.json
    TOKENS.verify(body["callback"].pop("token"), ORDER)
    assert body == {
        "amount_minor": 1998,
        "currency": "EUR",
        "callback": {"url": f"http://shop:5001/webhooks/payments/{ORDER}"},
    }


def test_withdrawing_names_the_order(server: HttpServer, provider: HttpPaymentProvider) -> None:
    """Nothing else is sent."""
    provider.withdraw_payment(ORDER)
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", f"/payments/{ORDER}/withdrawal")
    assert request.headers["Idempotency-Key"] == ORDER
    assert request.json == {}


def test_an_order_id_cannot_change_the_path(server: HttpServer, provider: HttpPaymentProvider) -> None:
    """Slashes and question marks are escaped."""
    provider.withdraw_payment("../a?b#c")
    assert server.requests[0].path == "/payments/..%2Fa%3Fb%23c/withdrawal"


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_status_is_success(server: HttpServer, provider: HttpPaymentProvider, status: int, call: str) -> None:
    """Whatever the body is."""
    server.answer = answer(status, b"" if status == 204 else b"\xff\xfe", Content_Encoding="gzip")
    CALLS[call](provider)
    assert len(server.requests) == 1


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 404, 405, 408, 410, 425, 429, 502, 503, 504])
def test_an_outage_is_transient(server: HttpServer, provider: HttpPaymentProvider, status: int, call: str) -> None:
    """So are wrong settings; the client itself does not retry or follow redirects."""
    server.answer = answer(status, b'{"error": "later"}', Location=f"{server.url}/elsewhere")
    with pytest.raises(ProviderUnavailable, match=f"status {status}: later"):
        CALLS[call](provider)
    assert len(server.requests) == 1


@pytest.mark.parametrize("call", CALLS)
def test_status_500_is_not_an_outage(server: HttpServer, provider: HttpPaymentProvider, call: str) -> None:
    """It may be caused by this order alone, and must not block all others."""
    server.answer = answer(500)
    with pytest.raises(ProviderBroken, match="status 500"):
        CALLS[call](provider)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_refusal_is_permanent(server: HttpServer, provider: HttpPaymentProvider, status: int, call: str) -> None:
    """The error has the provider's reason."""
    server.answer = answer(status, b'{"error": "another\\namount"}')
    with pytest.raises(ProviderRefused, match=rf"^status {status}: anotheramount$"):
        CALLS[call](provider)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"\xff", b"[]", b'"x"', b'{"error": 1}', b'{"error": null}', b"[" * 4000, b'{"a": 1e999}'],
)
def test_a_malformed_reason_is_left_out(server: HttpServer, provider: HttpPaymentProvider, body: bytes) -> None:
    """The status decides."""
    server.answer = answer(400, body)
    with pytest.raises(ProviderRefused, match=r"^status 400$"):
        provider.request_payment(ORDER, AMOUNT)


def test_a_long_reason_is_truncated(server: HttpServer, provider: HttpPaymentProvider) -> None:
    """It is stored for moderators."""
    server.answer = answer(400, b'{"error": "%s"}' % (b"x" * 3000))
    with pytest.raises(ProviderRefused) as refused:
        provider.request_payment(ORDER, AMOUNT)
    assert len(str(refused.value)) < 250


def test_an_endless_response_is_not_read_to_its_end(server: HttpServer, provider: HttpPaymentProvider) -> None:
    """Only its first 4 KiB are."""

    def endless(_request: Request) -> Iterator[bytes]:
        yield HEAD + b"\r\n"
        while not server.closing.is_set():
            yield b"x" * 65536

    server.answer = endless
    with pytest.raises(ProviderRefused, match=r"^status 400$"):
        provider.request_payment(ORDER, AMOUNT)
    assert MAX_RESPONSE_BYTES == 4096


@pytest.mark.slow
def test_a_dripping_response_ends_at_the_deadline(server: HttpServer) -> None:
    """Even if each byte arrives within the timeout."""

    def dripping(_request: Request) -> Iterator[bytes]:
        yield HEAD + b"Content-Length: 4000\r\n\r\n"
        while not server.closing.wait(0.05):
            yield b"x"

    server.answer = dripping
    began = time.monotonic()
    with (
        closing(HttpPaymentProvider(server.url, "http://shop:5001", TOKENS, timeout=0.5)) as provider,
        pytest.raises(ProviderRefused),
    ):
        provider.request_payment(ORDER, AMOUNT)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 ", b"HTTP/1.1 200 OK\r\nX: "])
def test_a_response_that_drips_before_its_body_is_a_transient_failure(server: HttpServer, begun: bytes) -> None:
    """It ends at the deadline of the call too."""

    def dripping(_request: Request) -> Iterator[bytes]:
        yield begun
        while not server.closing.wait(0.02):
            yield b"x"

    server.answer = dripping
    with (
        closing(HttpPaymentProvider(server.url, "http://shop:5001", TOKENS, timeout=0.2)) as provider,
        pytest.raises(ProviderUnavailable, match="no response"),
    ):
        provider.request_payment(ORDER, AMOUNT)


def test_a_missing_response_ends_at_the_timeout(server: HttpServer) -> None:
    """It is a transient failure."""
    server.answer = server.hang
    with closing(HttpPaymentProvider(server.url, "http://shop:5001", TOKENS, timeout=0.2)) as provider:
        with pytest.raises(ProviderUnavailable, match="no response"):
            provider.request_payment(ORDER, AMOUNT)
        server.closing.set()
    assert len(server.requests) == 1


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
def test_invalid_http_is_a_transient_failure(server: HttpServer, provider: HttpPaymentProvider, raw: bytes) -> None:
    """It means neither acceptance nor refusal."""
    server.answer = lambda _request: [raw]
    with pytest.raises(ProviderUnavailable):
        provider.request_payment(ORDER, AMOUNT)


def test_a_truncated_refusal_is_a_refusal(server: HttpServer, provider: HttpPaymentProvider) -> None:
    """The status has arrived."""
    for body in (b"Content-Length: 99\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"):
        server.answer = lambda _request, body=body: [HEAD + body]  # type: ignore[misc]
        with pytest.raises(ProviderRefused):
            provider.request_payment(ORDER, AMOUNT)


def test_an_unreachable_provider_is_a_transient_failure(server: HttpServer) -> None:
    """So is an unknown host name, and a port without TLS."""
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
    """The provider is called directly."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://nobody.invalid:1")
    provider.withdraw_payment(ORDER)
    assert len(server.requests) == 1


def test_unread_bytes_do_not_disturb_the_next_call(server: HttpServer, provider: HttpPaymentProvider) -> None:
    """Each call reads its own response."""
    server.answer = lambda _request: [HEAD + b"Content-Length: 9999\r\n\r\n{}"]
    with pytest.raises(ProviderRefused):
        provider.withdraw_payment(ORDER)
    server.answer = answer(200)
    for _ in range(3):
        provider.withdraw_payment(ORDER)
    assert len(server.requests) == 4
