"""Trusted hosts, CSRF protection, proxies, rate limits and security headers."""

import re
from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from marketplace.app import create_app
from marketplace.domain.books import Book
from marketplace.domain.limits import Limit
from marketplace.settings import Settings
from marketplace.store import Store
from marketplace.web.limits import LIMITS, Attempt, Limiter
from marketplace.web.security import address, count_by_address
from tests.marketplace.browser import DAY, Browser, quick_passwords, token
from tests.marketplace.fakes import FakeRecommender
from tests.marketplace.stored import put

FIELDS = {"email": "ann@example.com", "password": "correct horse"}


def shop(store: Store, folder: Path, **settings: str | int | bool) -> Flask:
    """A shop with these settings, and with two routes for tests."""
    app = create_app(
        Settings(data_dir=folder, **settings),  # type: ignore[arg-type]
        FakeRecommender(),
        store=store,
        passwords=quick_passwords(),
    )
    limiter = Limiter({**LIMITS, Attempt.SEARCH_BY_ADDRESS: Limit(2, DAY)})

    @app.get("/who")
    def who() -> dict[str, str]:
        return {"address": address(), "scheme": request.scheme, "host": request.host}

    @app.get("/search-of-the-test")
    def search() -> str:
        count_by_address(limiter, Attempt.SEARCH_BY_ADDRESS)
        return "found"

    return app


@pytest.fixture
def app(store: Store, tmp_path: Path) -> Flask:
    """The shop with default settings."""
    return shop(store, tmp_path)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that has never been here."""
    return app.test_client()


def test_a_form_without_its_token_is_refused(app: Flask) -> None:
    """A missing, invalid or another browser's token: 400, with a page that says what to do."""
    browser, other = Browser(app), Browser(app)
    theirs = token(other.client.get("/account/sign-up").text)
    browser.get("/account/sign-up")
    for fields in ({}, {"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": theirs}):
        response = browser.client.post("/account/sign-up", data={**FIELDS, **fields})
        assert response.status_code == 400
        assert "This page has expired" in response.text
        assert "shop.css" in response.text
    stranger = app.test_client()
    assert stranger.post("/account/sign-up", data={**FIELDS, "csrf_token": theirs}).status_code == 400
    assert other.sign_up().status_code == 303


def test_every_route_that_changes_something_needs_a_token(app: Flask, client: FlaskClient) -> None:
    """A CSRF token, or for callbacks and the API their own."""
    unsafe = [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    ]
    assert ("POST", "/account/sign-in") in unsafe
    for method, path in unsafe:
        response = client.open(re.sub(r"<[^>]+>", "1", path), method=method, json={"outcome": "paid"})
        assert response.status_code == (401 if path.startswith(("/webhooks/", "/api/")) else 400), path


def test_a_token_lives_as_long_as_its_session(app: Flask) -> None:
    """A page may be open for days."""
    assert app.config["WTF_CSRF_TIME_LIMIT"] is None


@pytest.mark.parametrize(("path", "sets"), [("/", False), ("/account", False), ("/account/sign-in", True)])
def test_a_cookie_is_set_with_the_first_form(client: FlaskClient, path: str, sets: bool) -> None:
    """Browsing sets none, and the form's cookie lasts for the browser's session."""
    cookie = client.get(path).headers.get("Set-Cookie", "")
    assert bool(cookie) == sets
    assert "Expires" not in cookie


@pytest.mark.parametrize(
    ("headers", "is_accepted"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": ""}, False),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "https://localhost"}, True),
        ({"Origin": "http://localhost:81"}, False),
        ({"Origin": "http://evil.org"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://["}, False),
        ({"Origin": ""}, False),
        ({"Origin": "http://evil.org", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, False),
    ],
)
def test_forms_from_other_sites_are_rejected(app: Flask, headers: dict[str, str], is_accepted: bool) -> None:
    """Even with a valid token, by Sec-Fetch-Site or else Origin; links from other sites work."""
    browser = Browser(app)
    fields = {**FIELDS, "csrf_token": token(browser.client.get("/account/sign-up").text)}
    response = browser.client.post("/account/sign-up", data=fields, headers=headers)
    assert response.status_code == (303 if is_accepted else 403)
    assert is_accepted or "Request from another site blocked" in response.text
    assert browser.client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/nope", "/healthz", "/readyz", "/robots.txt", "/static/shop.css", "/account"])
@pytest.mark.parametrize(
    "host", ["evil.org", "localhost.evil.org", "evil.org:5001", "local host", "", "127.0.0.1.", "::1"]
)
def test_untrusted_hosts_are_rejected(client: FlaskClient, path: str, host: str) -> None:
    """For every path, with a page that names the setting."""
    response = client.get(path, headers={"Host": host})
    assert response.status_code == 400
    assert "MARKETPLACE_TRUSTED_HOSTS" in response.text


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5001", "LocalHost", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:5001"]
)
def test_this_machine_is_trusted(client: FlaskClient, host: str) -> None:
    """By its names and addresses, with any port."""
    response = client.get("/healthz", headers={"Host": host})
    assert response.status_code == 200


def test_the_trusted_names_can_be_set(store: Store, tmp_path: Path) -> None:
    """Only those, in upper or lower case."""
    client = shop(store, tmp_path, trusted_hosts="Books.example.com, 10.0.0.7").test_client()
    for host, status in {
        "books.example.com": 200,
        "10.0.0.7:5001": 200,
        "localhost": 400,
        "example.com": 400,
    }.items():
        assert client.get("/healthz", headers={"Host": host}).status_code == status


FORWARDED = {
    "X-Forwarded-For": "203.0.113.9, 198.51.100.7",
    "X-Forwarded-Proto": "https, https",
    "X-Forwarded-Host": "127.0.0.1, localhost:8443",
}


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [
        (0, {"address": "127.0.0.1", "scheme": "http", "host": "localhost"}),
        (1, {"address": "198.51.100.7", "scheme": "https", "host": "localhost:8443"}),
        (2, {"address": "203.0.113.9", "scheme": "https", "host": "127.0.0.1"}),
        (3, {"address": "127.0.0.1", "scheme": "http", "host": "localhost"}),
    ],
)
def test_only_configured_proxies_are_trusted(
    store: Store, tmp_path: Path, proxies: int, seen: dict[str, str]
) -> None:
    """By default clients cannot forge their address; otherwise the nearest proxies are trusted."""
    client = shop(store, tmp_path, proxies=proxies).test_client()
    assert client.get("/who", headers=FORWARDED).json == seen


def test_a_proxy_cannot_name_an_untrusted_host(store: Store, tmp_path: Path) -> None:
    """The forwarded host is checked too."""
    client = shop(store, tmp_path, proxies=1).test_client()
    assert client.get("/", headers={"X-Forwarded-Host": "evil.org"}).status_code == 400


@pytest.mark.parametrize(
    ("remote", "counted_as"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("", ""),
        ("unix:", ""),
    ],
)
def test_attempts_are_counted_by_customer_network(client: FlaskClient, remote: str, counted_as: str) -> None:
    """For IPv6 that is the /64 network: another address in it gets no new attempts."""
    answer = client.get("/who", environ_base={"REMOTE_ADDR": remote}).json
    assert answer is not None
    assert answer["address"] == counted_as


def test_rate_limited_requests_get_retry_after(client: FlaskClient) -> None:
    """429 in the shop's design; other addresses are not affected."""
    assert [client.get("/search-of-the-test").status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get("/search-of-the-test")
    assert 1 <= int(refused.headers["Retry-After"]) <= DAY
    assert "Too many requests" in refused.text
    assert "shop.css" in refused.text
    elsewhere = client.get("/search-of-the-test", environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert elsewhere.status_code == 200


def test_large_forms_are_rejected_with_a_page(app: Flask) -> None:
    """Too large or with too many fields: 413 in the shop's design."""
    browser = Browser(app)
    response = browser.client.post("/account/sign-up", data={"email": "x" * 70_000})
    assert response.status_code == 413
    assert "Request too large" in response.text
    parts = {f"field{number}": "x" for number in range(101)}
    response = browser.client.post("/account/sign-up", data=parts, content_type="multipart/form-data")
    assert response.status_code == 413


def test_secure_cookies_and_hsts_need_tls(store: Store, tmp_path: Path) -> None:
    """With TLS the cookie is secure and host-only; without TLS neither is set."""
    secure = shop(store, tmp_path, secure_cookies=True).test_client()
    response = secure.get("/account/sign-in", base_url="https://localhost")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-reader=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
    plain = shop(store, tmp_path).test_client().get("/account/sign-in")
    assert plain.headers["Set-Cookie"].startswith("reader=")
    assert "Strict-Transport-Security" not in plain.headers


def test_forms_work_over_tls_without_a_referrer(store: Store, tmp_path: Path) -> None:
    """A browser that withholds it can sign up."""
    client = shop(store, tmp_path, secure_cookies=True).test_client()
    html = client.get("/account/sign-up", base_url="https://localhost").text
    fields = {**FIELDS, "csrf_token": token(html)}
    assert client.post("/account/sign-up", data=fields, base_url="https://localhost").status_code == 303


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 429, 500, 503])
def test_every_error_status_has_a_text(app: Flask, status: int) -> None:
    """Each status has a title and advice."""
    with app.test_request_context("/", headers={"Host": "localhost"}):
        html = app.jinja_env.get_template("errors/error.html").render(
            status=status, cause="", error_id=None, url_for=app.url_for
        )
    texts = re.search(r"<h1>(.+)</h1>\s*<p[^>]*>(.+)</p>", html)
    assert texts
    assert f"<title>{texts[1]} – " in html


def test_every_response_has_a_content_security_policy(client: FlaskClient, store: Store) -> None:
    """Files, covers, pages and errors."""
    put(store, Book(id=7, title="Dune"))
    for path, allowed in (
        ("/static/shop.css", "'none'"),
        ("/covers/7-0.svg", "'none'"),
        ("/books/7", "'self'"),
        ("/account", "'self'"),
        ("/nope", "'self'"),
    ):
        response = client.get(path)
        assert response.headers["Content-Security-Policy"].startswith(f"default-src {allowed}")
        response.close()
