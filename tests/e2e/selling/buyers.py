"""Buyers, who send a browser's requests on the way to an order."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from marketplace.app import create_app
from marketplace.domain.limits import Limit
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.web.limits import Attempt, Limiter
from tests.marketplace.browser import Browser, quick_passwords
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.ordering import ADDRESS_FIELDS

TIMEOUT_SECONDS = 20.0
COOKIE, SECURE_COOKIE = "reader", "__Host-reader"
_HIDDEN = re.compile(r'<input type="hidden" name="(csrf_token|key|line)" value="([^"]+)"')

Fields = Sequence[tuple[str, str]]


class NoAnswer(Exception):
    """The shop ended before it answered, or answered 503."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the shop answered."""

    status: int
    location: str
    text: str

    @property
    def hidden(self) -> Fields:
        """The token, key and lines of the page's forms."""
        return [(str(name), str(value)) for name, value in _HIDDEN.findall(self.text)]


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in reader and their cookie."""

    reader_id: int
    cookie: str


class Buyer:
    """A browser with its own connection; every request may raise NoAnswer."""

    def __init__(
        self, shop: str, session: Session, *, address: str = "127.0.0.1", certificate: Path | None = None
    ) -> None:
        """`shop` is the address of the home page, without the slash at its end; a proxy would tell `address`.

        With a `certificate`, which is that of the shop, it must be over TLS.
        """
        self._shop = shop
        self._address = address
        self._session = session
        timeout = Timeout(total=TIMEOUT_SECONDS)
        self._pool = PoolManager(retries=False, timeout=timeout, ca_certs=certificate and str(certificate))
        self._cookie = SECURE_COOKIE if certificate else COOKIE
        self._tokens: Fields = []

    @property
    def session(self) -> Session:
        """The reader, with the current cookie."""
        return self._session

    def get(self, path: str) -> Answer:
        """Load a page."""
        return self._request("GET", path)

    def post(self, path: str, fields: Fields) -> Answer:
        """Send a form."""
        return self._request("POST", path, fields)

    def add_to_cart(self, book_id: int) -> Answer:
        """Add a copy of a book to the cart."""
        path = f"/books/{book_id}"
        return self.post(f"{path}/cart", [*self._token(path), ("quantity", "1")])

    def empty_cart(self) -> Answer:
        """Remove everything from the cart."""
        return self.post("/cart/empty", self._token("/cart"))

    def checkout_form(self) -> Fields | None:
        """The filled-in checkout form; None if the cart cannot be ordered."""
        page = self.get("/checkout")
        return None if page.status == 303 else [*page.hidden, *ADDRESS_FIELDS.items()]

    def close(self) -> None:
        """Close the connection."""
        self._pool.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _token(self, path: str) -> Fields:
        # All forms of a session share one token, so a page is loaded only once.
        if not self._tokens:
            self._tokens = [field for field in self.get(path).hidden if field[0] == "csrf_token"][:1]
        return self._tokens

    def _request(self, method: str, path: str, fields: Fields | None = None) -> Answer:
        headers = {"Cookie": f"{self._cookie}={self._session.cookie}", "X-Forwarded-For": self._address}
        body = None
        if fields is not None:
            body, headers["Content-Type"] = urlencode(fields), "application/x-www-form-urlencoded"
        try:
            response = self._pool.request(method, self._shop + path, body=body, headers=headers, redirect=False)
        except HTTPError as error:
            raise NoAnswer(type(error).__name__) from error
        assert response.status < 500 or response.status == 503, response.data
        if response.status == 503:
            raise NoAnswer("503")
        for cookie in SimpleCookie(response.headers.get("Set-Cookie", "")).values():
            self._session = replace(self._session, cookie=cookie.value)
        return Answer(response.status, response.headers.get("Location", ""), response.data.decode())


def sign_up(settings: Settings, store: Store, count: int, *, first: int = 0) -> list[Session]:
    """Sign up readers in this process at the shop with these settings; `first` is the number of the first one."""
    unlimited = Limiter(dict.fromkeys(Attempt, Limit(100_000, 1)))
    app = create_app(settings, FakeRecommender(), store=store, passwords=quick_passwords(), limiter=unlimited)
    sessions = []
    for number in range(first, first + count):
        browser = Browser(app)
        email = f"buyer-{number}@example.com"
        assert browser.sign_up(email).status_code == 303
        cookie = browser.client.get_cookie(COOKIE)
        with store.read() as work:
            account = work.accounts.by_email(email)
        assert cookie
        assert account
        sessions.append(Session(account.reader_id, cookie.value))
    return sessions


@contextmanager
def buyers_of(shop: str, sessions: Sequence[Session]) -> Iterator[list[Buyer]]:
    """A buyer for each session."""
    with ExitStack() as stack:
        yield [stack.enter_context(Buyer(shop, session)) for session in sessions]
