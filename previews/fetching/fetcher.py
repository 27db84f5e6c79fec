"""GET of a stranger's URL."""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from time import monotonic
from typing import Any
from urllib.parse import urljoin

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import HTTPError

from previews.domain import (
    AnswerRefused,
    Document,
    HostNotPublic,
    PageNotFound,
    RedirectRefused,
    SiteTooSlow,
    SiteUnavailable,
    TimeTooShort,
    TooLarge,
    UnsupportedContent,
)
from previews.fetching.one_at_a_time import OneAtATime
from previews.fetching.resolving import LookUp, Resolver, look_up
from previews.fetching.rules import PublicInternet, Url, UrlRefused, parse
from servicekit.deadline import deadline, remaining
from servicekit.http_client import DeadlineConnection, DeadlineTlsConnection

SECONDS = 5.0
"""How long a fetch may take in total, with its look-ups and redirects."""

MAX_REDIRECTS = 3
_CONNECT_SECONDS = 2.0
_MAX_ADDRESSES = 4
_CHUNK_BYTES = 16_384
_FOUND, _SERVER_ERRORS, _TOO_MANY = 200, 500, 429
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: its media types, and the most bytes that it may have uncompressed."""

    media_types: frozenset[str]
    max_bytes: int


PAGE = Wanted(media_types=frozenset({"text/html", "application/xhtml+xml"}), max_bytes=1024 * 1024)
PICTURE = Wanted(
    media_types=frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"}), max_bytes=5 * 1024 * 1024
)


class _Connection(DeadlineConnection):
    """Connected by `connector`, which has judged the address."""

    def __init__(self, *args: Any, connector: Callable[[], socket.socket], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connector = connector

    def open_socket(self) -> socket.socket:
        return self._connector()


class _TlsConnection(_Connection, DeadlineTlsConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class Fetcher:
    """Fetches from hosts, one call at a time for each; thread-safe.

    No cookies, no credentials, no proxies of the environment. Addresses are judged where they are connected to: there
    is no second look-up that could give another one.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        rules: PublicInternet | None = None,
        look_up: LookUp = look_up,
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        """`tls` is the system's own by default, which checks certificates."""
        self._rules = rules or PublicInternet()
        self._resolver = Resolver(look_up)
        self._tls = tls or ssl.create_default_context()
        self._seconds = seconds
        self._hosts = OneAtATime()
        self._headers = {"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"}

    def url(self, text: str) -> Url:
        """The URL that a text is, if it may be fetched. Raises UrlRefused."""
        return parse(text, self._rules)

    def fetch(self, url: Url, wanted: Wanted) -> Document:
        """What a URL leads to. Raises FetchError, HostBusy, and TimeTooShort if the caller's own deadline was."""
        ends_at: float | None = None
        for _ in range(MAX_REDIRECTS + 1):
            # Held for one request: two redirects that lead to each other's host would wait for each other.
            with self._hosts.held(url.host):
                # The time that others take does not count.
                ends_at = ends_at or monotonic() + self._seconds
                with deadline(ends_at - monotonic()):
                    try:
                        answer = self._get(url, wanted)
                    except SiteTooSlow:
                        if monotonic() < ends_at:
                            raise TimeTooShort from None
                        raise
            if isinstance(answer, Document):
                return answer
            url = self._redirected(url, answer)
        raise RedirectRefused

    def _redirected(self, url: Url, location: str) -> Url:
        try:
            # Sites send UTF-8; the standard library reads headers as Latin-1.
            location = location.encode("latin-1").decode("utf-8", "replace")
            return parse(urljoin(url.text, location), self._rules)
        except (UrlRefused, ValueError):
            raise RedirectRefused from None

    def _get(self, url: Url, wanted: Wanted) -> Document | str:
        """The document at a URL, or where it redirects to."""
        try:
            with self._pool(url) as pool:
                response = pool.request(
                    "GET",
                    url.target,
                    headers=self._headers | {"Accept": ", ".join(sorted(wanted.media_types))},
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    timeout=Timeout(total=max(0.001, remaining() or 0)),
                )
                try:
                    return _answer(response, url, wanted)
                finally:
                    response.close()
        except (HTTPError, HTTPException, OSError):
            raise SiteTooSlow if remaining() == 0 else SiteUnavailable from None

    def _pool(self, url: Url) -> HTTPConnectionPool:
        connector = partial(self._connect, url)
        if url.scheme == "http":
            return _Pool(url.host, url.port, connector=connector)
        return _TlsPool(url.host, url.port, connector=connector, ssl_context=self._tls)

    def _connect(self, url: Url) -> socket.socket:
        """A connection to an address of the URL's host, all of which must be allowed."""
        addresses = self._resolver.addresses(url.host, url.port)
        if not addresses or not all(
            self._rules.allows_address(str(address[0]), url.port) for *_, address in addresses
        ):
            raise HostNotPublic
        for family, kind, protocol, _, address in addresses[:_MAX_ADDRESSES]:
            connected = socket.socket(family, kind, protocol)
            try:
                connected.settimeout(min(_CONNECT_SECONDS, remaining() or 0.001))
                connected.connect(address)
                connected.settimeout(remaining() or 0.001)
            except OSError:
                connected.close()
                continue
            return connected
        raise SiteTooSlow if remaining() == 0 else SiteUnavailable


def _answer(response: BaseHTTPResponse, url: Url, wanted: Wanted) -> Document | str:
    """The document that a site sends, or where it redirects to."""
    _require_time()
    location = response.headers.get("location")
    if response.status in _REDIRECTS and location:
        return location
    if response.status in _GONE:
        raise PageNotFound
    if response.status >= _SERVER_ERRORS or response.status == _TOO_MANY:
        raise SiteUnavailable
    if response.status != _FOUND:
        raise AnswerRefused
    content_type = response.headers.get("content-type", "").lower()
    if content_type.partition(";")[0].strip() not in wanted.media_types:
        raise UnsupportedContent
    body = bytearray()
    # Decompressed in parts of at most this size, so that a small file cannot become a large one in memory.
    for chunk in response.stream(_CHUNK_BYTES, decode_content=True):
        body += chunk
        if len(body) > wanted.max_bytes:
            raise TooLarge
    _require_time()
    return Document(url=url.text, content_type=content_type, body=bytes(body))


def _require_time() -> None:
    """Raise SiteTooSlow at the deadline: a header, or a page without a length, that is cut off then seems to end."""
    if remaining() == 0:
        raise SiteTooSlow
