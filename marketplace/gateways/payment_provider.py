"""The HTTP client of the payment provider."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from marketplace.domain.callbacks import WEBHOOK, CallbackTokens
from marketplace.domain.errors import ProviderBroken, ProviderError, ProviderRefused, ProviderUnavailable
from marketplace.domain.money import Money
from servicekit.deadline import remaining
from servicekit.http_client import HttpClient
from servicekit.tracing.spans import recorded

TIMEOUT_SECONDS = 5.0
MAX_RESPONSE_BYTES = 4096
"""How much of a response is read: only its status and its error message matter."""
_MAX_REASON_LENGTH = 200

# Other failures are outages or wrong settings (key, address, route). The event must not be dropped: the same request
# succeeds once they are fixed.
_PERMANENT = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})


class HttpPaymentProvider:
    """Sends one request for each call, without retries; thread-safe.

    The provider receives an order's id and amount, and nothing about the reader.
    """

    def __init__(
        self, url: str, callback_url: str, tokens: CallbackTokens, *, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        """`callback_url` is where the provider reaches the shop; `timeout` is that of a whole call, in seconds."""
        self._url = url
        self._callback_url = callback_url
        self._tokens = tokens
        self._client = HttpClient(timeout)

    def request_payment(self, order_id: str, amount: Money) -> None:
        """Request the payment of an order; a repeated request is for the same payment, with a new callback token.

        Raises ProviderUnavailable (ProviderBroken included) and ProviderRefused.
        """
        callback = {
            "url": f"{self._callback_url}{WEBHOOK}{quote(order_id, safe='')}",
            "token": self._tokens.issue(order_id, recorded()),
        }
        body = {"amount_minor": amount.minor, "currency": amount.currency, "callback": callback}
        self._send("PUT", order_id, "", body)

    def withdraw_payment(self, order_id: str) -> None:
        """Withdraw the payment request of an order and refund what was paid; idempotent.

        Raises ProviderUnavailable and ProviderRefused.
        """
        self._send("POST", order_id, "/withdrawal", {})

    def close(self) -> None:
        self._client.close()

    def _send(self, method: str, order_id: str, action: str, body: Mapping[str, Any]) -> None:
        url = f"{self._url}/payments/{quote(order_id, safe='')}{action}"
        with self._client.call() as pool:
            try:
                response = pool.request(
                    method,
                    url,
                    json=body,
                    headers={"Content-Type": "application/json", "Idempotency-Key": order_id},
                    redirect=False,
                    preload_content=False,
                )
            except HTTPError as error:
                raise ProviderUnavailable(f"no response: {type(error).__name__}") from error
            try:
                if remaining() == 0:
                    raise ProviderUnavailable("no response in time")
                if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
                    raise _failure(response.status)(f"status {response.status}{_reason(_beginning(response))}")
            finally:
                # A connection with unread bytes cannot be reused.
                response.close()


def _failure(status: int) -> type[ProviderError]:
    if status in _PERMANENT:
        return ProviderRefused
    return ProviderBroken if status == HTTPStatus.INTERNAL_SERVER_ERROR else ProviderUnavailable


def _beginning(response: BaseHTTPResponse) -> bytes:
    """The first MAX_RESPONSE_BYTES of a response, or as much of them as arrives before the deadline."""
    read = b""
    try:
        while len(read) < MAX_RESPONSE_BYTES and remaining() != 0:
            part = response.read1(MAX_RESPONSE_BYTES - len(read))
            if not part:
                break
            read += part
    except HTTPError:
        pass  # the status decides; the text is only informative
    return read


def _reason(body: bytes) -> str:
    """The field `error` of the provider's JSON, after a colon; "" if there is none."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    reason = content.get("error") if isinstance(content, dict) else None
    if not isinstance(reason, str):
        return ""
    return ": " + "".join(filter(str.isprintable, reason))[:_MAX_REASON_LENGTH]
