"""A hostile client: it follows every link, sends hostile requests and checks every response."""

import re
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import parse_qsl, quote_from_bytes, urlsplit
from xml.etree import ElementTree as ET

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_cookie
from werkzeug.test import create_environ, run_wsgi_app
from werkzeug.wrappers import Response

from tests.marketplace.browser import Browser, token
from tests.marketplace.web.crawler import MARKER, Form, Page

FORM = "application/x-www-form-urlencoded"
OWN_PATH = re.compile(r"(?:http://localhost)?/(?!/)[!-\[\]-~]*")
HEADERS = {"Content-Security-Policy", "X-Content-Type-Options", "Cross-Origin-Resource-Policy"}
PAGE_HEADERS = {"X-Frame-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "Permissions-Policy"}
MAX_URLS_PER_ROUTE = 2
"""The number of URLs that are followed of one route with the same parameters."""

Pairs = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Victim:
    """A reader whose `secrets` nobody else may read, and whose `wish` is on nobody else's wishlist."""

    reader_id: int
    email: str
    secrets: Mapping[str, str]
    wish: str


@dataclass
class Findings:
    """What all attackers found: faults with their counts, and which parts of the shop they reached."""

    faults: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    pages: int = 0
    forms: int = 0
    endpoints: set[str] = field(default_factory=set)
    arguments: dict[str, set[str]] = field(default_factory=dict)


class Attacker:
    """One client. Each of its requests has the cookie of its first one.

    `may_know` are the names of the victim's secrets that it may read.
    """

    def __init__(
        self,
        name: str,
        browser: Browser,
        app: Flask,
        findings: Findings,
        victim: Victim,
        *,
        may_know: Container[str] = frozenset(),
    ) -> None:
        self.name = name
        self.findings = findings
        self.forms: dict[tuple[str, ...], Form] = {}
        self._app = app
        self._victim = victim
        self._may_know = may_know
        self.token = token(browser.client.get("/books/20").text)
        cookie = browser.client.get_cookie("reader")
        assert cookie
        self.cookie = cookie.value
        self._environ = create_environ()
        self._serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        self._routes = app.url_map.bind("localhost")

    def request(
        self,
        what: str,
        method: str,
        path: bytes,
        *,
        value: bytes = b"",
        query: str = "",
        body: bytes = b"",
        kind: str = FORM,
        headers: Sequence[tuple[str, str]] = (),
    ) -> Response | None:
        """Send a request and check the response; `value` is its hostile part. None if the application raised."""
        # Without Werkzeug's test client, whose overhead is larger than the time of most pages.
        environ = {
            **self._environ,
            "HTTP_COOKIE": f"reader={self.cookie}",
            "REQUEST_METHOD": method,
            "PATH_INFO": path.decode("latin-1"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": kind,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
        }
        for name, text in headers:
            plain = name.upper().replace("-", "_")
            environ[plain if plain in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{plain}"] = text
        self.findings.requests += 1
        at = f"{self.name}: {method} {path[:80]!r}{'?' if query else ''}{query[:60]} [{what}]"
        try:
            response = Response(*run_wsgi_app(self._app, environ, buffered=True))
        except Exception as error:  # noqa: BLE001  (a server would have answered 500)
            self._fault(at, f"raised {error!r:.200}")
            return None
        for fault in self._faults(response, path, value):
            self._fault(at, f"{response.status_code}: {fault}")
        return response

    def post(self, what: str, path: bytes, fields: Pairs, *, value: bytes = b"") -> None:
        """Send a form, and check the page that it redirects to, which may show what was sent."""
        response = self.request(what, "POST", path, body=encoded(fields).encode(), value=value)
        if response is not None and response.location and MARKER.encode() in value:
            target = urlsplit(response.location)
            cookie, self.cookie = self.cookie, cookie_of(response) or self.cookie
            self.request(f"after {what}", "GET", target.path.encode(), query=target.query, value=value)
            self.cookie = cookie

    def crawl(self, *, leave_out: str) -> None:
        """Follow a few links of each route and collect every form; a broken link is a fault."""
        waiting, known, seen = ["/"], {"/"}, Counter[tuple[str, ...]]()
        while waiting:
            address = waiting.pop(0)
            parts = urlsplit(address)
            endpoint = self._endpoint("GET", parts.path)
            names = sorted({name for name, _ in parse_qsl(parts.query, keep_blank_values=True)})
            self.findings.arguments.setdefault(endpoint, set()).update(names)
            seen[endpoint, *names] += 1
            if seen[endpoint, *names] > MAX_URLS_PER_ROUTE or parts.path == leave_out:
                continue
            response = self.request("a link", "GET", parts.path.encode(), query=parts.query)
            if response is not None and response.status_code == 303 and "lang" in names:
                # The choice of a language leads back to the page.
                continue
            if response is None or response.status_code >= 300:
                self._fault(f"{self.name}: {address}", "is a broken link")
                continue
            self.findings.endpoints.add(endpoint)
            if response.mimetype != "text/html":
                continue
            self.findings.pages += 1
            page = Page(response.get_data(as_text=True), parts.path)
            for fault in page.faults:
                self._fault(f"{self.name}: {address}", fault)
            waiting += [link for link in dict.fromkeys(page.links) if link not in known]
            known.update(page.links)
            self._collect(page)

    def _collect(self, page: Page) -> None:
        for form in page.forms:
            parts = urlsplit(form.action)
            endpoint = self._endpoint(form.method, parts.path)
            self.findings.endpoints.add(endpoint)
            key = (form.method, endpoint, *form.names, *(name for name, _ in parse_qsl(parts.query)))
            if key not in self.forms:
                self.findings.forms += 1
                self.forms[key] = form
            if form.method == "GET":
                self.findings.arguments.setdefault(endpoint, set()).update(form.names)

    def _endpoint(self, method: str, path: str) -> str:
        try:
            endpoint: str = self._routes.match(path, method=method)[0]
        except HTTPException as error:
            self._fault(f"{self.name}: {method} {path}", f"is on a page and has no route: {error.code}")
            return ""
        return endpoint

    def _fault(self, at: str, fault: str) -> None:
        self.findings.faults[f"{at} → {fault}"] += 1

    def _faults(self, response: Response, path: bytes, value: bytes) -> list[str]:
        faults = ["server error"] if response.status_code >= 500 else []
        if response.location is not None and not OWN_PATH.fullmatch(response.location):
            faults.append(f"redirects to {response.location[:80]!r}")
        wanted = HEADERS | PAGE_HEADERS if response.mimetype == "text/html" else HEADERS
        faults += [f"without {name}" for name in wanted if name not in response.headers]
        faults += [
            f"sets {text[:40]!r}"
            for text in response.headers.getlist("Set-Cookie")
            if not text.startswith(("reader=", "device=", "language="))
        ]
        if (cookie := cookie_of(response)) and self._serializer.loads(cookie).get(
            "reader_id"
        ) == self._victim.reader_id:
            faults.append("sets the victim's cookie")
        if "Content-Encoding" in response.headers:
            return faults
        return faults + self._faults_of_text(response, path, value)

    def _faults_of_text(self, response: Response, path: bytes, value: bytes) -> list[str]:
        text, sent = (content.decode(errors="replace") for content in (response.get_data(), value))
        # The export has the lists that the reader's own links named.
        text = re.sub(r'"recommendation_id": "[^"]*"', "", text)
        shown = (
            name
            for name, secret in self._victim.secrets.items()
            if secret in text and secret not in sent and name not in self._may_know
        )
        faults = [f"shows the victim's {name}" for name in shown]
        if path in {b"/wishlist", b"/history", b"/account/export"} and self._victim.wish in text:
            faults.append("shows the victim's wish")
        if f"{MARKER}49" in text:
            faults.append("evaluates a template in a value")
        if response.mimetype == "image/svg+xml" and text:
            faults += [f"<{element.tag}>" for element in ET.fromstring(text).iter() if "script" in element.tag]
        if response.mimetype == "text/html" and MARKER in text:
            faults += Page(text, "/").faults
        return faults


def cookie_of(response: Response) -> str:
    """The reader's cookie that a response sets, or ""."""
    set_cookie = response.headers.get("Set-Cookie", "")
    return parse_cookie(set_cookie).get("reader", "")


def encoded(fields: Pairs) -> str:
    """The fields, URL-encoded byte by byte."""
    return "&".join(f"{name}={quote_from_bytes(value, safe='')}" for name, value in fields)
