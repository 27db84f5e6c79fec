"""HTTP callbacks to the shop, and the loop that makes them."""

from threading import Event

import structlog
from tenacity import RetryCallState, RetryError, Retrying, retry_if_exception_type, sleep_using_event
from tenacity.stop import stop_when_event_set
from tenacity.wait import wait_exponential_jitter
from urllib3.exceptions import HTTPError
from urllib3.util import Url, parse_url

from payments.service import Provider
from servicekit.http_client import HttpClient

log = structlog.get_logger()

POLL_SECONDS = 0.25
TIMEOUT_SECONDS = 5.0


class HttpShop:
    """Calls the shop at the URL of the payment request."""

    def __init__(self, *, timeout: float = TIMEOUT_SECONDS) -> None:
        """`timeout` is that of a whole call, in seconds."""
        self._client = HttpClient(timeout)

    def call(self, url: str, token: str, outcome: str) -> int | None:
        """Send an outcome; returns the status of the response, None without one."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with self._client.call() as pool:
            try:
                response = pool.request(
                    "POST", url, json={"outcome": outcome}, headers=headers, redirect=False, preload_content=False
                )
            except (HTTPError, ValueError) as error:  # ValueError: not a valid URL
                log.warning("demo_shop_unreachable", cause=type(error).__name__)
                return None
            # Only the status matters.
            response.close()
            return response.status

    def close(self) -> None:
        self._client.close()


def is_below(url: str, base: str) -> bool:
    """Whether a URL is one of the site and path of `base`, whose port 0 is any port.

    It is read as the client reads it, so that no spelling leads elsewhere.
    """
    try:
        target, allowed = parse_url(url), parse_url(base)
    except HTTPError:
        return False
    return (
        target.auth is None
        and (target.scheme, target.host) == (allowed.scheme, allowed.host)
        and (allowed.port == 0 or _port(target) == _port(allowed))
        and (target.path or "/").startswith((allowed.path or "").rstrip("/") + "/")
    )


def _port(url: Url) -> int | None:
    return url.port or {"http": 80, "https": 443}.get(url.scheme or "")


def run(provider: Provider, stop: Event) -> None:
    """Decide payments and make callbacks until `stop` is set; every failure is logged and retried."""
    retrying = Retrying(
        retry=retry_if_exception_type(Exception),
        wait=wait_exponential_jitter(multiplier=POLL_SECONDS, max=10, jitter=POLL_SECONDS),
        sleep=sleep_using_event(stop),
        stop=stop_when_event_set(stop),
        before_sleep=_log_failure,
    )
    while not stop.is_set():
        try:
            called = retrying(provider.step)
        except RetryError:
            return  # stopped while it kept failing
        if not called:
            stop.wait(POLL_SECONDS)


def _log_failure(attempt: RetryCallState) -> None:
    error = attempt.outcome.exception() if attempt.outcome else None
    log.error("demo_step_failed", exc_info=error)
