"""The HTTP client of notices, against a real server, and against notices itself."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from events.signature import new_secret, verify
from marketplace.domain.errors import MessageNotFound, NoticesUnavailable
from marketplace.gateways.notices import MAX_RESPONSE_BYTES, HttpNotices
from notices.channels.folder import Folder
from notices.domain import Channel, PermanentFailure
from notices.sender import Sender
from notices.service import Notices
from notices.store import open_store
from notices.web import create_app
from tests.http_server import HttpServer, answer
from tests.notices.fakes import FakeTransport, failing
from tests.notices.samples import NOON, READER, STAFF, Clock, event, notice
from tests.servicekit.serving.running import serving

SECRET = new_secret()
CALLS: dict[str, Callable[[HttpNotices], object]] = {
    "failed": lambda notices: notices.failed(limit=1, offset=0),
    "retry": lambda notices: notices.retry(7),
    "retry all": lambda notices: notices.retry_all(),
    "mails": lambda notices: notices.mails(7),
}


@pytest.fixture
def server() -> Iterator[HttpServer]:
    """A server that answers as a test specifies."""
    with HttpServer() as running:
        yield running


def client(url: str, *, timeout: float = 10) -> HttpNotices:
    """A client that waits long enough for a busy machine."""
    return HttpNotices(url, lambda: SECRET, timeout=timeout)


def test_it_understands_notices(tmp_path: Path) -> None:
    """Over HTTP, with signatures that notices accepts."""
    clock, transport, folder = Clock(), FakeTransport(), Folder(tmp_path)
    transport.before = failing(PermanentFailure("SMTP 550", "unknown"))
    with closing(open_store(f"sqlite:///{tmp_path / 'notices.db'}")) as store:
        store.migrate()
        real = Notices(store, folder, staff=STAFF, clock=clock)
        for number in "123":
            real.accept(event(notice(), number))
            Sender(store, Channel.EMAIL, transport, folder, clock=clock).step()
            clock.forward(seconds=1)
        with (
            serving(create_app(real, SECRET)) as running,
            closing(client(f"http://127.0.0.1:{running.port}")) as asked,
        ):
            page = asked.failed(limit=2, offset=1)
            assert page.total == 3
            assert [(row.kind, row.recipient, row.error) for row in page.rows] == [
                ("order_paid", "s…@example.org", "SMTP 550: unknown")
            ] * 2
            assert page.rows[1].since == NOON
            asked.retry(page.rows[1].id)
            with pytest.raises(MessageNotFound):
                asked.retry(page.rows[1].id)
            assert (asked.retry_all(), asked.retry_all()) == (2, 0)
            assert [mail["kind"] for mail in asked.mails(READER)] == ["order_paid"] * 3
            assert timedelta(days=2) + NOON < clock.moment + timedelta(days=2)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_request_is_signed_with_method_and_path(server: HttpServer, call: Callable[[HttpNotices], object]) -> None:
    """Each with another id; no body is sent."""
    body = b'{"total":0,"messages":[],"retried":1,"mails":[]}'
    server.answer = answer(200, body, Connection="close")
    with closing(client(server.url)) as notices:
        call(notices)
        call(notices)
    for request in server.requests:
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert headers["connection"] == "close"
        verify(SECRET, headers, f"{request.method} {request.path}".encode())
        assert request.body == b""
    assert len({request.headers["webhook-id"] for request in server.requests}) == 2


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (401, b"{}"), (302, b"{}"), (200, b"garbage"), (200, b"[]"), (200, b"{}"), (200, b"[" * 99_999)],
)
def test_another_answer_is_an_outage(
    server: HttpServer, call: Callable[[HttpNotices], object], status: int, body: bytes
) -> None:
    """Whatever it is; no redirect is followed."""
    server.answer = answer(status, body, Location=server.url)
    with closing(client(server.url)) as notices, pytest.raises(NoticesUnavailable):
        call(notices)
    assert len(server.requests) == 1


def test_no_answer_in_time_is_an_outage(server: HttpServer) -> None:
    """A second for everything: nobody listens, nothing comes, or a byte now and then."""

    def drip(_request: object) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        while not server.closing.wait(0.05):
            yield b"x"

    with HttpServer() as gone:
        address = gone.url
    for url, behave in ((address, server.hang), (server.url, server.hang), (server.url, drip)):
        server.answer = behave
        began = time.monotonic()
        with closing(client(url, timeout=0.3)) as notices, pytest.raises(NoticesUnavailable):
            notices.mails(7)
        assert time.monotonic() - began < 5


def test_without_a_secret_it_is_an_outage(server: HttpServer) -> None:
    """A page must not fail because a file cannot be read."""

    def fail() -> str:
        raise PermissionError("/secrets/notices")

    with closing(HttpNotices(server.url, fail)) as notices, pytest.raises(NoticesUnavailable):
        notices.mails(7)
    assert server.requests == []


def test_a_huge_answer_is_not_read(server: HttpServer) -> None:
    """Beyond a limit."""
    body = b'{"mails":[]}'.ljust(MAX_RESPONSE_BYTES + 2)
    server.answer = answer(200, body)
    with closing(client(server.url)) as notices, pytest.raises(NoticesUnavailable):
        notices.mails(7)
