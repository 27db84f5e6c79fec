"""What guards every request: which names the shop answers to, whose forms it takes, and the headers of its pages."""

from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest, Forbidden, TooManyRequests

from marketplace.web.limits import Limiter, Tried

HEADERS = {
    # Pictures of books come from anywhere; everything else is the shop's own, and nothing is inline.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' https: http: data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FILE_HEADERS = {
    # A picture that is opened by itself is a document, and one that needs nothing else.
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}
HSTS = "max-age=31536000"

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class UntrustedHost(BadRequest):
    """The request names a host that is not among the trusted ones."""


class CrossSite(Forbidden):
    """A page of another site sent this."""


def guard(app: Flask, *, hosts: tuple[str, ...], secure: bool) -> CSRFProtect:
    """Check every request to `app`, and put the headers on every response.

    Returns the protection against forged forms, for what has to be exempted from it.
    """
    app.config.update(
        # A token lives as long as the session that it belongs to: a page may be open for days.
        WTF_CSRF_TIME_LIMIT=None,
        # Sec-Fetch-Site and Origin say it better than the Referer, which some browsers and proxies withhold.
        WTF_CSRF_SSL_STRICT=False,
    )

    @app.before_request
    def refuse_other_hosts() -> None:
        # Not Flask's TRUSTED_HOSTS: it knows no address of IPv6, and leaves an error's page without addresses.
        if _without_port(request.host) not in hosts:
            raise UntrustedHost

    @app.before_request
    def refuse_other_sites() -> None:
        if request.method not in _SAFE_METHODS and not _is_sent_by_this_site():
            raise CrossSite

    @app.after_request
    def set_headers(response: Response) -> Response:
        if secure:
            response.headers["Strict-Transport-Security"] = HSTS
        if is_public(response):
            # Static files and covers are the same for everyone, and forty of them come with a page.
            response.headers.update(FILE_HEADERS)
            return response
        response.headers.update(HEADERS)
        # A page is its reader's own, and the next one may differ.
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return CSRFProtect(app)


def is_public(response: Response) -> bool:
    """Whether the response is the same for everyone, as files and covers are."""
    # Not response.cache_control, which takes the header apart and would put it together again.
    return "public" in response.headers.get("Cache-Control", "")


def address() -> str:
    """The address that the request comes from, by which tries are counted: of IPv6 the network that one has."""
    try:
        found = ip_address(request.remote_addr or "")
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return str(found)


def count_by_address(limiter: Limiter, tried: Tried) -> None:
    """Count this request.

    Raises TooManyRequests, which is answered with 429 and Retry-After.
    """
    if seconds := limiter.wait(tried, address()):
        raise TooManyRequests(retry_after=seconds)


def _is_sent_by_this_site() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    try:
        # Only the host is compared: a proxy that ends TLS may not tell the scheme.
        return urlsplit(origin).netloc.lower() == request.host.lower()
    except ValueError:
        return False


def _without_port(host: str) -> str:
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdigit() else host.lower()
