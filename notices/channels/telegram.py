"""Telegram: one call of the Bot API for each message, https://core.telegram.org/bots/api#sendmessage."""

import json
from http import HTTPStatus
from typing import Any

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from notices.domain import Message, PermanentFailure, TemporaryFailure
from notices.rendering import Rendered
from servicekit.deadline import remaining
from servicekit.http_client import HttpClient

TIMEOUT_SECONDS = 20.0
MAX_TEXT_LENGTH = 4096
"""Telegram's own limit."""
MAX_PAUSE_SECONDS = 3600.0
_MAX_RESPONSE_BYTES = 4096
_MAX_REASON_LENGTH = 300

# Others mean a wrong token or address, or an outage: the same message succeeds once that is over.
_PERMANENT = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN})


class Telegram:
    """Writes to chats as a bot."""

    def __init__(self, url: str, token: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        """`url` is the base address; `timeout` is that of a whole call, in seconds."""
        self._url = f"{url.rstrip('/')}/bot{token}/sendMessage"
        self._client = HttpClient(timeout)

    def send(self, message: Message, rendered: Rendered) -> None:
        """Send a message to the chat that is its recipient. Raises TemporaryFailure and PermanentFailure."""
        text = rendered.text.strip()
        if len(text) > MAX_TEXT_LENGTH:
            text = f"{text[: MAX_TEXT_LENGTH - 1]}…"
        body = {"chat_id": message.recipient, "text": text, "link_preview_options": {"is_disabled": True}}
        with self._client.call() as pool:
            try:
                response = pool.request("POST", self._url, json=body, redirect=False, preload_content=False)
            except (HTTPError, ValueError) as error:  # not with its text, which has the token
                raise TemporaryFailure(f"no answer from Telegram ({type(error).__name__})") from None
            try:
                _require_success(response)
            finally:
                # A connection with unread bytes cannot be reused.
                response.close()

    def rest(self) -> None:
        """A connection may stay open."""

    def close(self) -> None:
        self._client.close()


def _require_success(response: BaseHTTPResponse) -> None:
    if response.status == HTTPStatus.OK:
        return
    cause, content = f"Telegram {response.status}", _content(response)
    reason = content.get("description")
    detail = "".join(filter(str.isprintable, reason))[:_MAX_REASON_LENGTH] if isinstance(reason, str) else ""
    if response.status in _PERMANENT:
        raise PermanentFailure(cause, detail)
    parameters = content.get("parameters")
    seconds = parameters.get("retry_after") if isinstance(parameters, dict) else None
    pause = min(float(seconds), MAX_PAUSE_SECONDS) if isinstance(seconds, int) and seconds > 0 else 0.0
    raise TemporaryFailure(cause, detail, pause_seconds=pause)


def _content(response: BaseHTTPResponse) -> dict[str, Any]:
    """The beginning of the answer, parsed; the status decides, and the rest is only informative."""
    read = b""
    try:
        while len(read) < _MAX_RESPONSE_BYTES and remaining() != 0:
            part = response.read1(_MAX_RESPONSE_BYTES - len(read))
            if not part:
                break
            read += part
        content = json.loads(read)
    except (HTTPError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
