"""Tests of notices.channels.telegram against a local server."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from notices.channels.telegram import MAX_PAUSE_SECONDS, MAX_TEXT_LENGTH, Telegram
from notices.domain import NotSent, PermanentFailure, TemporaryFailure
from notices.rendering import Rendered, render
from tests.http_server import HttpServer, answer
from tests.notices.samples import CHAT, message

TOKEN = "12:s3cret"
MESSAGE = replace(message("staff_order_placed"), recipient=CHAT)


@pytest.fixture
def telegram(server: HttpServer) -> Iterator[Telegram]:
    """A bot, whose client waits long enough for a busy machine."""
    with closing(Telegram(f"{server.url}/", TOKEN, timeout=10)) as bot:
        yield bot


def test_a_message_is_one_call(server: HttpServer, telegram: Telegram) -> None:
    """Plain text to the chat, without a mode in which a title could be markup."""
    telegram.send(MESSAGE, render(MESSAGE))
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", f"/bot{TOKEN}/sendMessage")
    assert request.json["chat_id"] == CHAT
    assert request.json["text"].startswith("New order K7QM-2XPA-9RTB\n\nA reader has ordered 3 books.")
    assert "parse_mode" not in request.json
    assert request.headers["Content-Type"] == "application/json"


def test_a_long_text_is_shortened(server: HttpServer, telegram: Telegram) -> None:
    """To Telegram's limit."""
    telegram.send(MESSAGE, Rendered("S", "x" * 9000, ""))
    assert len(server.requests[0].json["text"]) == MAX_TEXT_LENGTH


@pytest.mark.parametrize(
    ("status", "body", "error", "pause", "text"),
    [
        (
            400,
            b'{"ok":false,"description":"Bad Request: chat not found"}',
            PermanentFailure,
            0,
            "Telegram 400: Bad Request: chat not found",
        ),
        (
            403,
            b'{"description":"Forbidden: bot was kicked"}',
            PermanentFailure,
            0,
            "Telegram 403: Forbidden: bot was kicked",
        ),
        (401, b'{"description":"Unauthorized"}', TemporaryFailure, 0, "Telegram 401: Unauthorized"),
        (
            429,
            b'{"description":"Too Many","parameters":{"retry_after":7}}',
            TemporaryFailure,
            7,
            "Telegram 429: Too Many",
        ),
        (429, b'{"parameters":{"retry_after":999999}}', TemporaryFailure, MAX_PAUSE_SECONDS, "Telegram 429"),
        (429, b'{"parameters":{"retry_after":-1}}', TemporaryFailure, 0, "Telegram 429"),
        (429, b'{"parameters":[1]}', TemporaryFailure, 0, "Telegram 429"),
        (500, b"garbage", TemporaryFailure, 0, "Telegram 500"),
        (502, b"[" * 100_000, TemporaryFailure, 0, "Telegram 502"),
        (302, b"[]", TemporaryFailure, 0, "Telegram 302"),
    ],
)
def test_an_answer_decides(  # noqa: PLR0917
    server: HttpServer, telegram: Telegram, status: int, body: bytes, error: type[NotSent], pause: float, text: str
) -> None:
    """By its status; 429 says how long to wait. One call is made, and no redirect followed."""
    server.answer = answer(status, body, Location=server.url)
    with pytest.raises(error) as caught:
        telegram.send(MESSAGE, render(MESSAGE))
    assert str(caught.value) == text
    assert getattr(caught.value, "pause_seconds", 0) == pause
    assert len(server.requests) == 1


def test_no_answer_is_a_temporary_failure(server: HttpServer) -> None:
    """Unreachable, hanging or garbage; the token is in no text."""
    with HttpServer() as gone:
        address = gone.url
    server.answer = server.hang
    for url in (address, server.url, "http://nobody.invalid"):
        with closing(Telegram(url, TOKEN, timeout=0.3)) as hasty, pytest.raises(TemporaryFailure) as caught:
            hasty.send(MESSAGE, render(MESSAGE))
        assert "s3cret" not in str(caught.value)
        assert caught.value.__suppress_context__
