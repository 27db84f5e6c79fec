"""The HTTP client of notices, for what it keeps; the relay sends it events."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from uuid import uuid4

from pydantic import BaseModel, Field, ValidationError
from urllib3.exceptions import HTTPError

from events.signature import signed_headers
from marketplace.domain.errors import MessageNotFound, NoticesUnavailable
from marketplace.domain.messages import FailedMessage
from marketplace.domain.moderation import TablePage
from servicekit.clock import now
from servicekit.deadline import remaining
from servicekit.http_client import HttpClient

TIMEOUT_SECONDS = 1.0
"""A page waits no longer for what it can be shown without."""
MAX_RESPONSE_BYTES = 16 * 1024 * 1024

_Text = Annotated[str, Field(max_length=1000)]


class _Failed(BaseModel):
    id: int
    kind: _Text
    channel: _Text
    recipient: _Text
    error: _Text
    since: datetime | None


class _FailedPage(BaseModel):
    total: Annotated[int, Field(ge=0)]
    messages: list[_Failed]


class _Retried(BaseModel):
    retried: int


class _Mails(BaseModel):
    mails: list[dict[str, Any]]


_Answer = TypeVar("_Answer", bound=BaseModel)


class HttpNotices:
    """Makes one call for each question; thread-safe. Every method raises NoticesUnavailable."""

    def __init__(self, url: str, secret: Callable[[], str], *, timeout: float = TIMEOUT_SECONDS) -> None:
        """`url` is the base address, `secret` returns what signs requests; `timeout` is that of a whole call."""
        self._url = url
        self._secret = secret
        self._client = HttpClient(timeout)

    def failed(self, *, limit: int, offset: int) -> TablePage[FailedMessage]:
        """A page of the failed messages, newest first."""
        page = self._ask("GET", f"/failed?limit={limit}&offset={offset}", _FailedPage)
        return TablePage(tuple(FailedMessage(**dict(message)) for message in page.messages), page.total)

    def retry(self, message_id: int) -> None:
        """Have a failed message sent again. Raises MessageNotFound."""
        self._ask("POST", f"/failed/{message_id}/retry", _Retried)

    def retry_all(self) -> int:
        """Have all failed messages sent again; returns how many there were."""
        return self._ask("POST", "/failed/retry", _Retried).retried

    def mails(self, reader_id: int) -> Sequence[Any]:
        """Everything that is kept about a reader, ready for JSON."""
        return self._ask("GET", f"/readers/{reader_id}", _Mails).mails

    def close(self) -> None:
        self._client.close()

    def _ask(self, method: str, path: str, kind: type[_Answer]) -> _Answer:
        try:
            # Without a body, the request itself is what is signed: nobody can use the signature for another one.
            headers = signed_headers(self._secret(), str(uuid4()), now(), f"{method} {path}".encode())
        except (OSError, ValueError) as error:
            raise NoticesUnavailable(f"no secret: {type(error).__name__}") from error
        # Questions are rare: the next one would find a connection that notices has closed.
        headers["Connection"] = "close"
        with self._client.call() as pool:
            try:
                response = pool.request(
                    method, f"{self._url}{path}", headers=headers, redirect=False, preload_content=False
                )
                try:
                    body = response.read(MAX_RESPONSE_BYTES + 1)
                finally:
                    response.close()
            except HTTPError as error:
                raise NoticesUnavailable(f"no response: {type(error).__name__}") from error
            if remaining() == 0:
                raise NoticesUnavailable("no response in time")
        if response.status == HTTPStatus.NOT_FOUND and method == "POST":
            raise MessageNotFound("no such failed message")
        if response.status != HTTPStatus.OK or len(body) > MAX_RESPONSE_BYTES:
            raise NoticesUnavailable(f"status {response.status}")
        try:
            return kind.model_validate(json.loads(body))
        except (ValidationError, ValueError, RecursionError):
            raise NoticesUnavailable("an answer of another form") from None
