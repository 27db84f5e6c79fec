"""The HTTP client of receivers of published events."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from urllib3.exceptions import HTTPError

from events.envelope import CONTENT_TYPE, Event, encode
from events.signature import signed_headers
from marketplace.domain.errors import ReceiverBroken, ReceiverRefused, ReceiverUnavailable
from servicekit.clock import now
from servicekit.deadline import remaining
from servicekit.http_client import HttpClient
from servicekit.tracing.context import HEADER

TIMEOUT_SECONDS = 5.0

# The receiver would say the same of the same event again. Other failures are outages, wrong addresses or wrong
# secrets: the event must not be dropped, it will be accepted once they are fixed.
_PERMANENT = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.CONFLICT,
        HTTPStatus.GONE,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)


class HttpReceiver:
    """Posts events to one address, signed with its secret; a redirect is not followed."""

    def __init__(
        self, url: str, secret: str, *, timeout: float = TIMEOUT_SECONDS, clock: Callable[[], datetime] = now
    ) -> None:
        """`timeout` is that of a whole call, in seconds."""
        self._url = url
        self._secret = secret
        self._clock = clock
        self._client = HttpClient(timeout)

    def publish(self, event: Event) -> None:
        """Have the receiver accept an event, once.

        Raises ReceiverUnavailable (ReceiverBroken included) and ReceiverRefused.
        """
        body = encode(event)
        headers = {"Content-Type": CONTENT_TYPE, **signed_headers(self._secret, event.id, self._clock(), body)}
        if event.traceparent:
            # The same as in the event, as CloudEvents' extension for tracing demands.
            headers[HEADER] = event.traceparent
        with self._client.call() as pool:
            try:
                response = pool.request(
                    "POST", self._url, body=body, headers=headers, redirect=False, preload_content=False
                )
            except HTTPError as error:
                raise ReceiverUnavailable(f"no response: {type(error).__name__}") from error
            # What is written beside the status is a stranger's: it is not read.
            response.close()
            if remaining() == 0:
                raise ReceiverUnavailable("no response in time")
        if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            raise _failure(response.status)

    def close(self) -> None:
        self._client.close()


def _failure(status: int) -> Exception:
    text = f"the receiver answered with status {status}"
    if status in _PERMANENT:
        return ReceiverRefused(text)
    broken = status == HTTPStatus.INTERNAL_SERVER_ERROR
    error = ReceiverBroken(text) if broken else ReceiverUnavailable(text)
    error.code = str(status)
    return error
