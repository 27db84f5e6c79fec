"""Checks of every request: trusted hosts and forged forms; and the security headers."""

from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest, Forbidden, TooManyRequests

from marketplace.web.limits import Attempt, Limiter

HEADERS = {
    # Pictures of books come from any site; everything else from the shop, and nothing is inline.
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' https: http: data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    # Pages are private: another site may not load one, not even as a picture.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
FILE_HEADERS = {
    # An SVG opened by itself is a document; it loads nothing.
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    # The same for everyone: a cover may be shown in an e-mail or on another site.
    "Cross-Origin-Resource-Policy": "cross-origin",
}
REVALIDATED = "public, no-cache"
"""`Cache-Control` of a file that another process may answer differently."""
HSTS = "max-age=31536000"

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class UntrustedHost(BadRequest):
    """The request names a host that is not trusted."""


class CrossSite(Forbidden):
    """A page of another site sent the form."""


def guard(app: Flask, *, hosts: tuple[str, ...], secure: bool, live_url: str | None = None) -> CSRFProtect:
    """Check every request to `app`, and set the headers of every response.

    Pages may connect to `live_url`. Returns the CSRF protection, so that callbacks can be exempted from it.
    """
    headers = _with_connections(live_url) if live_url else HEADERS
    app.config.update(
        # A token is valid as long as its session: a page may be open for days.
        WTF_CSRF_TIME_LIMIT=None,
        # Sec-Fetch-Site and Origin are checked instead of the Referer, which some browsers and proxies withhold.
        WTF_CSRF_SSL_STRICT=False,
    )

    @app.before_request
    def reject_other_hosts() -> None:
        # Not Flask's TRUSTED_HOSTS: it does not support IPv6, and url_for would fail on the error page.
        if _without_port(request.host) not in hosts:
            raise UntrustedHost

    @app.before_request
    def reject_cross_site() -> None:
        if request.method not in _SAFE_METHODS and not is_same_site():
            raise CrossSite

    @app.before_request
    def reject_nameless_fields() -> None:
        # Flask-WTF looks for its token among the names of the fields, and fails on a part without one.
        if request.mimetype == "multipart/form-data" and None in request.form:
            raise BadRequest

    @app.after_request
    def set_headers(response: Response) -> Response:
        if secure:
            response.headers["Strict-Transport-Security"] = HSTS
        if is_public(response):
            # Static files and covers are the same for everyone, and forty of them come with a page.
            response.headers.update(FILE_HEADERS)
            return response
        response.headers.update(headers)
        response.headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        # A page is private, and may change at any time.
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    return CSRFProtect(app)


def no_store(response: Response) -> Response:
    """Forbid caching, so that the Back button shows no private page after signing out."""
    response.headers["Cache-Control"] = "no-store"
    return response


def is_public(response: Response) -> bool:
    """Whether the response is the same for everyone, as files and covers are."""
    # Not response.cache_control, which would parse the header and rewrite it.
    return "public" in response.headers.get("Cache-Control", "")


def address() -> str:
    """The client's address, by which attempts are counted; for IPv6 the /64 network, which one customer has."""
    try:
        client = ip_address(request.remote_addr or "")
    except ValueError:
        return ""
    if isinstance(client, IPv6Address):
        if client.ipv4_mapped:
            return str(client.ipv4_mapped)
        return f"{IPv6Address(int(client) >> 64 << 64)}/64"
    return str(client)


def count_by_address(limiter: Limiter, attempt: Attempt) -> None:
    """Count this request. Raises TooManyRequests above the limit: 429 with Retry-After."""
    if seconds := limiter.wait(attempt, address()):
        raise TooManyRequests(retry_after=seconds)


def is_same_site() -> bool:
    """Whether a page of the shop sent this request, as far as the browser says."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    try:
        # Only the host is compared: behind a proxy that ends TLS the scheme may be unknown.
        return urlsplit(origin).netloc.lower() == request.host.lower()
    except ValueError:
        return False


def _with_connections(url: str) -> dict[str, str]:
    """The headers, which also allow pages to connect to the host of this URL, by HTTP and WebSocket."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    policy = f"{HEADERS['Content-Security-Policy']}; connect-src 'self' {origin} {origin.replace('http', 'ws', 1)}"
    return HEADERS | {"Content-Security-Policy": policy}


def _without_port(host: str) -> str:
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdigit() else host.lower()
