"""Tests of payments.caller against a real server."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from threading import Event, Thread

import pytest
import structlog

from payments.caller import HttpShop, is_below, run
from payments.service import Provider
from tests.http_server import HttpServer, Request, answer
from tests.payments.conftest import REQUEST, Demo
from tests.payments.fakes import FakeShop


@pytest.fixture
def server() -> Iterator[HttpServer]:
    """A shop that accepts every callback."""
    with HttpServer() as running:
        yield running


@pytest.fixture
def shop() -> Iterator[HttpShop]:
    """A client that waits long enough for a busy machine."""
    with closing(HttpShop(timeout=10)) as client:
        yield client


def test_a_call_carries_token_and_outcome(server: HttpServer, shop: HttpShop) -> None:
    """As a bearer token and as JSON."""
    assert shop.call(f"{server.url}/webhooks/payments/a", "token-1", "paid") == 200
    (request,) = server.requests
    assert (request.method, request.path, request.json) == ("POST", "/webhooks/payments/a", {"outcome": "paid"})
    assert request.headers["Authorization"] == "Bearer token-1"
    assert request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("status", [204, 302, 401, 409, 503])
def test_the_status_is_returned(server: HttpServer, shop: HttpShop, status: int) -> None:
    """No redirect is followed: only the given URL is called, and once."""
    server.answer = answer(status, b"" if status == 204 else b"{}", Location=f"{server.url}/elsewhere")
    assert shop.call(server.url, "t", "paid") == status
    assert len(server.requests) == 1


def test_an_unreachable_shop_has_no_status(server: HttpServer, shop: HttpShop) -> None:
    """Likewise garbage, an invalid URL and a timeout; the log does not contain the token."""
    server.answer = lambda _request: [b"garbage\r\n\r\n"]
    with HttpServer() as gone:
        address = gone.url
    with structlog.testing.capture_logs() as logs:
        for url in (server.url, address, "http://", "http://[", "http://nobody.invalid", "http://a:99999"):
            assert shop.call(url, "s3cret", "paid") is None
        server.answer = server.hang
        with closing(HttpShop(timeout=0.2)) as hasty:
            assert hasty.call(server.url, "s3cret", "paid") is None
    assert len(logs) == 7
    assert "s3cret" not in str(logs)


def test_a_dripping_shop_has_no_status(server: HttpServer) -> None:
    """The call ends at its deadline although bytes arrive."""

    def dripping(_request: Request) -> Iterator[bytes]:
        while not server.closing.wait(0.02):
            yield b"x"

    server.answer = dripping
    with closing(HttpShop(timeout=0.2)) as hasty:
        assert hasty.call(server.url, "t", "paid") is None


def test_the_loop_decides_and_calls_until_it_is_stopped(demo: Demo, server: HttpServer, shop: HttpShop) -> None:
    """With the real clock."""
    provider, stop = Provider(demo.store, shop), Event()
    loop = Thread(target=run, args=(provider, stop))
    loop.start()
    try:
        provider.request("a", replace(REQUEST, callback_url=server.url))
        assert server.await_requests(1)[0].json == {"outcome": "paid"}
    finally:
        stop.set()
        loop.join()


def test_the_loop_continues_after_a_failure(demo: Demo) -> None:
    """Any failure is logged and retried."""
    stop, failures = Event(), iter([ValueError("a fault")])

    def fail_once() -> None:
        for failure in failures:
            raise failure
        stop.set()

    shop = FakeShop()
    shop.before = fail_once
    provider = Provider(demo.store, shop)
    provider.request("a", REQUEST)
    with structlog.testing.capture_logs() as logs:
        run(provider, stop)
    assert len(shop.calls) == 1
    assert [entry["log_level"] for entry in logs if "exc_info" in entry] == ["error"]


def test_the_loop_ends_while_it_keeps_failing(demo: Demo) -> None:
    """A persistent failure does not keep it from stopping."""
    stop = Event()
    shop = FakeShop()

    def fail() -> None:
        stop.set()
        raise OSError

    shop.before = fail
    provider = Provider(demo.store, shop)
    provider.request("a", REQUEST)
    with structlog.testing.capture_logs():
        run(provider, stop)
    assert shop.calls == []


@pytest.mark.parametrize(
    ("url", "base", "expected"),
    [
        ("http://localhost:5001/webhooks/payments/a", "http://localhost:5001", True),
        ("HTTP://LOCALHOST:5001/webhooks", "http://localhost:5001", True),
        ("http://shop/webhooks", "http://shop:80", True),
        ("https://shop/base/webhooks", "https://shop/base", True),
        ("http://localhost:7777/webhooks", "http://localhost:0", True),
        ("http://localhost:5002/webhooks", "http://localhost:5001", False),
        ("http://127.0.0.1:5001/webhooks", "http://localhost:5001", False),
        ("https://localhost:5001/webhooks", "http://localhost:5001", False),
        ("http://localhost:5001@evil.example/", "http://localhost:5001", False),
        ("http://user@localhost:5001/", "http://localhost:5001", False),
        ("http://localhost:5001.evil.example/", "http://localhost:5001", False),
        ("http://evil.example/#http://localhost:5001/", "http://localhost:5001", False),
        ("http://evil.example\\@localhost:5001/", "http://localhost:5001", False),
        # The client takes what follows the port for a path.
        ("http://localhost:5001\\@evil.example/", "http://localhost:5001", True),
        ("http://169.254.169.254/latest/meta-data", "http://localhost:0", False),
        ("https://shop/based", "https://shop/base", False),
        ("https://shop/base/../admin", "https://shop/base", False),
        ("http://[", "http://localhost:5001", False),
        ("http://", "http://localhost:5001", False),
    ],
)
def test_a_callback_url_is_of_the_shop_or_not(url: str, base: str, expected: bool) -> None:
    """However it is spelled."""
    assert is_below(url, base) is expected
