"""What may be fetched: URLs, ports and addresses."""

import re
import socket
from dataclasses import dataclass

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from previews.fetching.addresses import is_public

MAX_URL = 2_048
"""The longest URL, in characters, as given and as sent."""

PORTS = {"http": 80, "https": 443}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class UrlRefused(Exception):
    """A URL that will never be fetched; the message says why, after the name of the field."""


@dataclass(frozen=True, slots=True)
class Url:
    """A URL that may be fetched if its host's addresses may; `target` is what a request names."""

    text: str
    scheme: str
    host: str
    port: int
    target: str


class PublicInternet:
    """The rules of production; tests pass others, which let them serve pages themselves."""

    def allows_port(self, port: int) -> bool:
        """Whether a URL may name this port."""
        return port in PORTS.values()

    def allows_address(self, address: str, port: int) -> bool:  # noqa: ARG002  (the rules of tests need it)
        """Whether a connection to this address may be made."""
        return is_public(address)


def parse(text: str, rules: PublicInternet) -> Url:
    """The URL that a text is, without its fragment, in one form. Raises UrlRefused."""
    text = text.strip()
    if len(text) > MAX_URL:
        raise UrlRefused(f"must be at most {MAX_URL:,} characters")
    if _CONTROL.search(text):
        raise UrlRefused("must have no control characters")
    try:
        parsed = parse_url(text)
    except LocationParseError:
        raise UrlRefused("is not a URL") from None
    if parsed.scheme not in PORTS or not parsed.host:
        raise UrlRefused("must be an http or https URL with a host")
    if parsed.auth is not None:
        raise UrlRefused("must have no user name and no password")
    port = PORTS[parsed.scheme] if parsed.port is None else parsed.port
    if not rules.allows_port(port):
        raise UrlRefused("must have port 80 or 443, or none")
    host = parsed.host.lower().strip("[]").rstrip(".")
    if not host or not host.isascii():
        raise UrlRefused("must be an http or https URL with a host")
    address = _literal_address(host)
    # A zone (RFC 6874) names an interface of this machine.
    if "%" in host or (address is not None and not rules.allows_address(address, port)):
        raise UrlRefused("must not have an address that is not public")
    url = Url(
        parsed._replace(path=parsed.path or "/", fragment=None).url, parsed.scheme, host, port, parsed.request_uri
    )
    if len(url.text) > MAX_URL:
        raise UrlRefused(f"must be at most {MAX_URL:,} characters, also once it is escaped")
    return url


def _literal_address(host: str) -> str | None:
    """The address that a host is instead of a name, in any form that the system reads: 127.1, 0x7f.1, 2130706433."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None
    return str(found[0][4][0])
