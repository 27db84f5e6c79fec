"""The client of the payment provider, over HTTP: asks it to take money for an order, or to give it back."""

import json
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from marketplace.domain.callbacks import WEBHOOK, CallbackTokens
from marketplace.domain.errors import ProviderBroken, ProviderError, ProviderRefused, ProviderUnavailable
from marketplace.domain.money import Money

TIMEOUT_SECONDS = 5.0
MAX_ANSWER_BYTES = 4096
"""Bytes that are read of an answer; only its status and its reason matter."""
_MAX_REASON_LENGTH = 200

# Only these say that the same would be refused again. Any other failure is an outage, or a setting that the operator
# has to put right (a wrong key, address or route), after which the same succeeds: the event must not be lost to it.
_PERMANENT = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})


class HttpPaymentProvider:
    """Asks the provider, one request a call and none again by itself; safe to share.

    It is told an order's id and amount, and nothing of the reader.
    """

    def __init__(
        self, url: str, callback_url: str, tokens: CallbackTokens, *, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        """`callback_url` is the address at which the provider reaches the shop; `timeout` is in seconds."""
        self._url = url
        self._callback_url = callback_url
        self._tokens = tokens
        self._timeout = timeout
        # Retries belong to one layer, whoever calls this. urllib3 by itself uses no proxies of the environment.
        self._pool = PoolManager(retries=False, timeout=Timeout(total=timeout))

    def request_payment(self, order_id: str, amount: Money) -> None:
        """Have an order paid; asked again it is the same payment, and the token for its callback a new one.

        Raises ProviderUnavailable, of which ProviderBroken is one, and ProviderRefused.
        """
        callback = {
            "url": f"{self._callback_url}{WEBHOOK}{quote(order_id, safe='')}",
            "token": self._tokens.issue(order_id),
        }
        body = {"amount_minor": amount.minor, "currency": amount.currency, "callback": callback}
        self._send("PUT", order_id, "", body)

    def withdraw_payment(self, order_id: str) -> None:
        """Have an order paid no more, and what was paid for it given back; it may be repeated.

        Raises ProviderUnavailable and ProviderRefused.
        """
        self._send("POST", order_id, "/withdrawal", {})

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _send(self, method: str, order_id: str, action: str, body: Mapping[str, Any]) -> None:
        ends = time.monotonic() + self._timeout
        url = f"{self._url}/payments/{quote(order_id, safe='')}{action}"
        try:
            response = self._pool.request(
                method,
                url,
                json=body,
                headers={"Content-Type": "application/json", "Idempotency-Key": order_id},
                redirect=False,
                preload_content=False,
            )
        except HTTPError as error:
            raise ProviderUnavailable(f"no answer: {type(error).__name__}") from error
        try:
            if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
                raise _failure(response.status)(f"status {response.status}{_reason(_beginning(response, ends))}")
        finally:
            # What was not read to its end would come first on the next call.
            response.close()


def _failure(status: int) -> type[ProviderError]:
    if status in _PERMANENT:
        return ProviderRefused
    return ProviderBroken if status == HTTPStatus.INTERNAL_SERVER_ERROR else ProviderUnavailable


def _beginning(response: BaseHTTPResponse, ends: float) -> bytes:
    """As much of an answer as comes in time, up to what is wanted of it."""
    read = b""
    try:
        while len(read) < MAX_ANSWER_BYTES and time.monotonic() < ends:
            part = response.read1(MAX_ANSWER_BYTES - len(read))
            if not part:
                break
            read += part
    except HTTPError:
        pass  # the status counts, the words are only for the log
    return read


def _reason(answer: bytes) -> str:
    """What the provider says in the field `error` of its JSON; nothing where it says something else."""
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        return ""
    reason = said.get("error") if isinstance(said, dict) else None
    if not isinstance(reason, str):
        return ""
    return ": " + "".join(filter(str.isprintable, reason))[:_MAX_REASON_LENGTH]
